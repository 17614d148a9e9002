import { untranslatedL10n } from '../../src/core/common/l10n';
import type { NotificationHost, ReportProgress, Severity } from '../../src/editor/common/notificationHost';
import { Notifications } from '../../src/editor/common/notifications';
import { commandTitles } from './commandTitles';

interface Shown {
  readonly severity: Severity | 'status';
  readonly message: string;
  readonly actions: readonly string[];
}

/** Records what the user would see. */
export class RecordingNotifications implements NotificationHost {
  readonly shown: Shown[] = [];
  #waiting: ((shown: Shown) => void)[] = [];
  #choice: string | undefined;
  /** Messages with buttons stay open until a button is pressed. Otherwise they're closed at once. */
  leavesOpen = false;
  /** Called at each step of a long progress. A test may cancel there. */
  onStep: (now: string | undefined, cancel: () => void) => void = () => undefined;

  /** Names of the commands that buttons have run. */
  readonly executed: string[] = [];

  /** The notifications of the extension, shown here. */
  readonly notifications = new Notifications({
    host: this,
    commandTitles,
    l10n: untranslatedL10n,
    execute: (command) => this.executed.push(command),
    runInBackground: (work) => void work.catch(() => undefined),
    turnOff: () => this.executed.push('turn off'),
  });

  /** Presses the button on the next message that has it. */
  willChoose(title: string): void {
    this.#choice = title;
  }

  show(severity: Severity, message: string, actions: readonly string[]): Promise<string | undefined> {
    this.#tell({ severity, message, actions });
    const choice = actions.find((title) => title === this.#choice);
    if (choice !== undefined) this.#choice = undefined;
    if (choice === undefined && this.leavesOpen) return new Promise(() => undefined);
    return Promise.resolve(choice);
  }

  status(message: string): void {
    this.#tell({ severity: 'status', message, actions: [] });
  }

  progress<T>(_title: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  longProgress<T>(
    _title: string,
    work: (tell: ReportProgress, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const stop = new AbortController();
    return work((_done, _of, now) => this.onStep(now, () => stop.abort()), stop.signal);
  }

  /** Resolves with the next message. */
  next(): Promise<Shown> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The last message. Throws if there is none. */
  get last(): Shown {
    const last = this.shown.at(-1);
    if (!last) throw new Error('Nothing was shown.');
    return last;
  }

  #tell(shown: Shown): void {
    this.shown.push(shown);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(shown);
  }
}
