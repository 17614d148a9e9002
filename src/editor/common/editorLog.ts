import type { LogOutputChannel } from 'vscode';
import { visibleLog } from '../../core/common/displayText';
import type { Disposable } from '../../core/common/disposable';
import type { Log } from '../../core/common/log';

/**
 * The output channel as core's log. The editor's channel throws once it is closed, while work that has begun still
 * ends and speaks of it: what is said then is dropped, because a log must never be the reason that work fails.
 */
export class EditorLog implements Log, Disposable {
  readonly #channel: LogOutputChannel;
  #closed = false;

  constructor(channel: LogOutputChannel) {
    this.#channel = channel;
  }

  trace(message: string): void {
    if (!this.#closed) this.#channel.trace(visibleLog(message));
  }

  debug(message: string): void {
    if (!this.#closed) this.#channel.debug(visibleLog(message));
  }

  info(message: string): void {
    if (!this.#closed) this.#channel.info(visibleLog(message));
  }

  warn(message: string): void {
    if (!this.#closed) this.#channel.warn(visibleLog(message));
  }

  error(message: string): void {
    if (!this.#closed) this.#channel.error(visibleLog(message));
  }

  show(): void {
    if (!this.#closed) this.#channel.show();
  }

  dispose(): void {
    this.#closed = true;
    this.#channel.dispose();
  }
}
