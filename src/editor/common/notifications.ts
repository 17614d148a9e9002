import type { L10n } from '../../core/common/l10n';
import type { Task } from '../../core/task/task';
import type { Action } from '../../webview/player/protocol';
import { actionLabel, commandForAction } from '../labels/actionLabels';
import type { CommandTitles } from '../labels/commandTitles';
import { failureMessage, type FailureExplanation } from '../labels/failureLabels';
import { asMessage, escapeQuickPickText } from '../labels/taskLabels';
import { SETTINGS_SECTION, type SETTINGS } from './ids';
import type { NotificationHost, ReportProgress, Severity } from './notificationHost';

export type MessageButton = { readonly title: string } & (
  { readonly command: string; readonly arguments?: readonly unknown[] } | { readonly run: () => void }
);

interface Dependencies {
  readonly host: NotificationHost;
  readonly commandTitles: CommandTitles;
  readonly l10n: L10n;
  readonly execute: (command: string, ...args: unknown[]) => void;
  readonly runInBackground: (work: Promise<unknown>) => void;
  /** Turns off notifications about tasks that end. */
  readonly turnOff: () => void;
}

/** Shows messages and runs their buttons. Callers don't wait: a message may stay open for hours. */
export class Notifications {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @param onDismiss called if the message is closed without a button */
  show(
    severity: Severity,
    message: string,
    buttons: readonly MessageButton[] = [],
    onDismiss?: () => void,
  ): void {
    const { host, execute, runInBackground } = this.#deps;
    const titles = buttons.map(({ title }) => title);
    runInBackground(
      // Prompts and file names are outside text.
      host.show(severity, asMessage(message), titles).then((chosen) => {
        const button = buttons.find(({ title }) => title === chosen);
        if (!button) onDismiss?.();
        else if ('run' in button) button.run();
        else execute(button.command, ...(button.arguments ?? []));
      }),
    );
  }

  /** Shows a message in the status bar for a few seconds. */
  status(message: string): void {
    this.#deps.host.status(escapeQuickPickText(message));
  }

  async progress<T>(title: string, work: () => Promise<T>): Promise<T> {
    return this.#deps.host.progress(title, work);
  }

  async longProgress<T>(
    title: string,
    work: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#deps.host.longProgress(title, work);
  }

  /**
   * Shows that a task ended without a video, and what helps.
   * @param isExpected false if the task was sent a while ago
   */
  showFailure(
    task: Task,
    explanation: FailureExplanation,
    { isExpected }: { readonly isExpected: boolean },
  ): void {
    const { l10n } = this.#deps;
    const { id, phase } = task;
    const help = isExpected ? explanation.actions.slice(0, 1).map((action) => this.action(action, id)) : [];
    this.show(
      phase === 'unknown' || phase === 'lost' ? 'warning' : 'error',
      failureMessage(task, explanation, l10n),
      [
        ...help.filter((button) => button !== undefined),
        this.open(id),
        ...(isExpected ? [] : [this.dontShowAgain()]),
      ],
    );
  }

  /** A button that runs a command of the extension and has its title. */
  command(command: `nebulaVideo.${string}`, ...args: unknown[]): MessageButton {
    return { title: this.#deps.commandTitles.button(command), command, arguments: args };
  }

  /** The button of an action of the task's page. @returns undefined if only the page can run it */
  action(action: Action, taskId: string): MessageButton | undefined {
    const target = commandForAction(action, taskId);
    return (
      target && { title: actionLabel(action, this.#deps), command: target.command, arguments: target.args }
    );
  }

  /** Opens the task's page. */
  open(taskId: string): MessageButton {
    return { title: this.#deps.l10n.t('Open'), command: 'nebulaVideo.openVideo', arguments: [taskId] };
  }

  openSettings(name: keyof typeof SETTINGS): MessageButton {
    return {
      title: this.#deps.l10n.t('Open Settings'),
      command: 'workbench.action.openSettings',
      arguments: [`@id:${SETTINGS_SECTION}.${name}`],
    };
  }

  /** Turns off notifications about tasks that end. */
  dontShowAgain(): MessageButton {
    const { l10n, turnOff } = this.#deps;
    const run = () => {
      turnOff();
      this.status(l10n.t("Notifications are off. To turn them on, use 'nebulaVideo.notify'."));
    };
    return { title: l10n.t("Don't Show Again"), run };
  }
}
