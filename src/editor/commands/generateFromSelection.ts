import type { Task } from '../../core/tasks/task';
import type { Asker } from '../asker';
import { VERY_LONG, needsEditor } from '../prompt/promptText';
import { askAndSend, makeReady, type GenerateParts } from './generate';

/** What is selected in the editor in front. */
export interface Selected {
  /** What each cursor has selected, from top to bottom. */
  readonly texts: readonly string[];
  /** How the document ends its lines. */
  readonly lineEnd: string;
}

interface Parts extends GenerateParts {
  readonly asker: Asker;
  readonly selected: () => Selected | undefined;
  readonly openEditor: (prompt: string) => Promise<void>;
  readonly language: string;
}

/**
 * Makes the selected text a prompt, byte for byte. One line can be changed in the wizard; several lines are shown in
 * an editor first, and so are the texts of several cursors, joined by line ends: nobody pays for what they did not see.
 */
export async function generateFromSelection(parts: Parts): Promise<Task | undefined> {
  const { messages, l10n, asker, openEditor } = parts;
  const { texts, lineEnd } = parts.selected() ?? { texts: [], lineEnd: '\n' };
  const prompt = texts.filter((text) => text !== '').join(lineEnd);
  if (prompt.trim() === '') {
    messages.nothingSelected();
    return undefined;
  }
  if (!(await makeReady(parts))) return undefined;
  if (prompt.length > VERY_LONG) {
    const goOn = await asker.confirm({
      message: l10n.t('Use {0} characters as a prompt?', prompt.length.toLocaleString(parts.language)),
      detail: l10n.t(
        'A prompt is usually a few sentences. The gateway may refuse or cut one that long. Nothing is sent yet.',
      ),
      action: l10n.t('Open as Prompt'),
    });
    if (!goOn) return undefined;
  }
  if (!needsEditor(prompt)) return askAndSend(parts, { request: { prompt }, at: 'prompt' });
  await openEditor(prompt);
  return undefined;
}
