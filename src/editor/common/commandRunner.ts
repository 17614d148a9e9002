import { CancellationError } from 'vscode';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import { RequestError } from '../../core/models/family';
import { OutcomeNotStoredError } from '../../core/tasks/submitRecorder';
import type { AppContext, Feature } from './appContext';
import type { MessageButton } from './notifications';
import { KeyLockedError, NotApprovedError, OutdatedError, Rejection, isUserCancellation } from './rejection';

export interface Command {
  readonly run: (args: readonly unknown[]) => Promise<unknown>;
  /** Returns true if code called it. The caller gets errors, and no message is shown. */
  readonly calledByCode?: (args: readonly unknown[]) => boolean;
}

const EXTENSION_ID = 'nebula-video.nebula-video';

type Dependencies = Pick<AppContext, 'notifications' | 'commandTitles' | 'l10n' | 'clock' | 'log'>;

/** Runs every command the same way: logged, and with at most one message if it fails. */
export class CommandRunner {
  readonly #deps: Dependencies;
  readonly #log: Log;
  readonly #commands: ReadonlyMap<string, Command>;

  constructor(deps: Dependencies, features: readonly Feature[]) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'command');
    this.#commands = new Map(features.flatMap(({ commands }) => Object.entries(commands)));
  }

  /** Runs a command. Arguments aren't logged: they may contain a prompt. */
  async run(id: string, args: readonly unknown[]): Promise<unknown> {
    const command = this.#commands.get(id);
    if (!command) throw new Error(`There is no command ${id}.`);
    const { clock } = this.#deps;
    const started = clock.now();
    this.#log.info(`${id} begins`);
    try {
      const result = await command.run(args);
      this.#log.info(`${id} is done after ${clock.now() - started} ms`);
      return result;
    } catch (error) {
      const isCanceled = isUserCancellation(error) || error instanceof CancellationError;
      if (error instanceof Rejection || isCanceled) this.#log.info(`${id} ends: ${reasonOf(error)}`);
      else this.#log.error(`${id} failed: ${describeError(error)}`);
      if (command.calledByCode?.(args)) throw error;
      if (!isCanceled) this.#showError(error, id);
      return undefined;
    }
  }

  #showError(error: unknown, id: string): void {
    const { notifications, commandTitles, l10n } = this.#deps;
    const showLog = notifications.command('nebulaVideo.showLog');
    if (error instanceof OutcomeNotStoredError) {
      notifications.show('error', error.message, [showLog]);
    } else if (error instanceof RequestError) {
      notifications.show('error', error.message, [notifications.command('nebulaVideo.generate')]);
    } else if (error instanceof Rejection) {
      const severity = error.code === 'noKey' ? 'warning' : 'error';
      notifications.show(severity, error.message, this.#help(error, showLog));
    } else {
      const title = commandTitles.plain(id);
      const message = l10n.t('{0} failed unexpectedly. See the log for details.', title);
      notifications.show('error', message, [showLog]);
    }
  }

  #help(error: Rejection, showLog: MessageButton): readonly MessageButton[] {
    const { notifications, l10n } = this.#deps;
    switch (error.code) {
      case 'noKey':
        return error instanceof KeyLockedError ? [showLog] : [notifications.command('nebulaVideo.setApiKey')];
      case 'originNotApproved':
        return [
          ...(error instanceof NotApprovedError ? [notifications.command('nebulaVideo.approveAddress')] : []),
          notifications.openSettings('baseUrl'),
        ];
      case 'readOnly':
        if (error instanceof OutdatedError) return [this.#showExtension()];
        return [showLog, { title: l10n.t('Reload Window'), command: 'workbench.action.reloadWindow' }];
      default:
        return [notifications.command('nebulaVideo.generate')];
    }
  }

  #showExtension(): MessageButton {
    return {
      title: this.#deps.l10n.t('Show Extension'),
      command: 'workbench.extensions.action.showExtensionsWithIds',
      arguments: [[EXTENSION_ID]],
    };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Rejection ? error.code : 'cancelled';
}
