import type { TextDocument } from 'vscode';
import type { AppContext } from '../../common/appContext';

/** Shows why there's no prompt: the editor is empty, or the command was run elsewhere. */
export function showMissingPrompt(
  document: TextDocument | undefined,
  { notifications, l10n }: Pick<AppContext, 'notifications' | 'l10n'>,
): void {
  if (document) notifications.show('info', l10n.t('Enter a prompt.'), []);
  else {
    notifications.show('info', l10n.t('Open a prompt editor first.'), [
      notifications.command('nebulaVideo.generate'),
    ]);
  }
}
