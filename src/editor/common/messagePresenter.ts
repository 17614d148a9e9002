import type { L10n } from '../../core/common/l10n';
import { SETTINGS_SECTION } from './ids';
import type { Severity } from './notifications';
import type { AppContext } from './appContext';
import { actionLabel } from '../labels/actionLabels';
import { asMessage, escapeQuickPickText } from '../labels/taskLabels';

/** Something that the reader of a message can do about it. */
export type MessageAction = { readonly title: string } & (
  { readonly command: string; readonly arguments?: readonly unknown[] } | { readonly run: () => void }
);

type Dependencies = Pick<AppContext, 'notifications' | 'execute' | 'runInBackground'>;

export function showLogButton(l10n: L10n): MessageAction {
  return { title: actionLabel('showLog', l10n), command: 'nebulaVideo.showLog' };
}

/** @param setting name without the section */
export function openSettingButton(setting: string, l10n: L10n): MessageAction {
  return {
    title: l10n.t('Open Settings'),
    command: 'workbench.action.openSettings',
    arguments: [`@id:${SETTINGS_SECTION}.${setting}`],
  };
}

/** Shows messages and does what their buttons say. Nobody waits for one: it may stay open for hours. */
export class MessagePresenter {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @param onDismiss called if the message is closed without a button */
  show(
    severity: Severity,
    sentence: string,
    buttons: readonly MessageAction[],
    onDismiss?: () => void,
  ): void {
    const { notifications, execute, runInBackground } = this.#deps;
    const titles = buttons.map(({ title }) => title);
    runInBackground(
      // Prompts and responses are outside text.
      notifications.show(severity, asMessage(sentence), titles).then((chosen) => {
        const button = buttons.find(({ title }) => title === chosen);
        if (!button) onDismiss?.();
        else if ('run' in button) button.run();
        else execute(button.command, ...(button.arguments ?? []));
      }),
    );
  }

  /** A word in passing that needs no answer. */
  status(sentence: string): void {
    this.#deps.notifications.status(escapeQuickPickText(sentence));
  }
}
