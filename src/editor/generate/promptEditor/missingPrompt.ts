import type { TextDocument } from 'vscode';
import type { AppContext } from '../../common/appContext';

/** Shows why there's no prompt: the editor is empty, or the command was run elsewhere. */
export function showMissingPrompt(
  document: TextDocument | undefined,
  { box, l10n }: Pick<AppContext, 'box' | 'l10n'>,
): void {
  if (document) box.show('info', l10n.t('Enter a prompt.'), []);
  else {
    const generate = { title: l10n.t('Generate Video'), command: 'nebulaVideo.generate' };
    box.show('info', l10n.t('Open a prompt editor first.'), [generate]);
  }
}
