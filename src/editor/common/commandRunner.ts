import { CancellationError } from 'vscode';
import type { Clock } from '../../core/common/clock';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import { RequestError } from '../../core/models/family';
import { OutcomeNotWritten } from '../../core/tasks/submitRecorder';
import type { CommandId } from './ids';
import type { Messages } from './messages';
import { KeyLockedError, Rejection, isUserCancellation } from './rejection';

/** What a command does. */
export interface Command {
  /** As in the palette; for messages. */
  readonly title: string;
  readonly run: (args: readonly unknown[]) => Promise<unknown>;
  /** Whether it was called by code that hears of errors itself, and should be the only one who does. */
  readonly calledByCode?: (args: readonly unknown[]) => boolean;
}

interface Parts {
  readonly commands: Readonly<Record<CommandId, Command>>;
  readonly messages: Messages;
  readonly log: Log;
  readonly clock: Clock;
}

/** Runs every command in the same way: logged, and with at most one message when it fails. */
export class CommandRunner {
  readonly #parts: Parts;
  readonly #log: Log;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#log = withPrefix(parts.log, 'command');
  }

  /** Runs a command. Arguments are not logged: a prompt may be among them. */
  async run(id: CommandId, args: readonly unknown[]): Promise<unknown> {
    const { commands, messages, clock } = this.#parts;
    const command = commands[id];
    const started = clock.now();
    this.#log.info(`${id} begins`);
    try {
      const result = await command.run(args);
      this.#log.info(`${id} is done after ${clock.now() - started} ms`);
      return result;
    } catch (error) {
      const gaveUp = isUserCancellation(error) || error instanceof CancellationError;
      if (error instanceof Rejection || gaveUp) this.#log.info(`${id} ends: ${reasonOf(error)}`);
      else this.#log.error(`${id} failed: ${describeError(error)}`);
      if (command.calledByCode?.(args)) throw error;
      if (!gaveUp) tell(error, command.title, messages);
      return undefined;
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Rejection ? error.code : 'cancelled';
}

/** Each kind of trouble has one message, with what mends it. */
function tell(error: unknown, title: string, messages: Messages): void {
  if (error instanceof OutcomeNotWritten) {
    messages.outcomeNotWritten(error.message);
    return;
  }
  if (error instanceof RequestError) {
    messages.badRequest(error.message);
    return;
  }
  if (!(error instanceof Rejection)) {
    messages.unexpected(title);
    return;
  }
  switch (error.code) {
    case 'noKey':
      if (error instanceof KeyLockedError) messages.keyLocked(error.message);
      else messages.noKey(error.message);
      return;
    case 'originNotApproved':
      messages.badOrigin(error.message);
      return;
    case 'readOnly':
      messages.readOnly(error.message);
      return;
    case 'invalidRequest':
      messages.badRequest(error.message);
      return;
    case 'cancelled':
    case 'declined':
      return;
  }
}
