import type { Task } from '../../core/task/task';
import { UNUSUALLY_LONG_PROMPT, needsEditor } from '../../core/models/promptText';
import type { AppContext } from '../common/appContext';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureReadyToSend } from './submit/ensureReady';
import * as vscode from 'vscode';

/** What is selected in the editor in front. */
export interface Selected {
  /** What each cursor has selected, from top to bottom. */
  readonly texts: readonly string[];
  /** How the document ends its lines. */
  readonly lineEnd: string;
}

interface Dependencies extends GenerateDependencies, Pick<AppContext, 'dialogs' | 'language'> {
  readonly selected: () => Selected | undefined;
  readonly openEditor: (prompt: string) => Promise<void>;
  /** Opens an editor with a list of prompts; from there they are sent together. */
  readonly openPrompts: (prompts: readonly string[], lineEnd: string) => Promise<void>;
}

/**
 * Makes the selected text a prompt, byte for byte. One line can be changed in the wizard; several lines are shown in
 * an editor first, and so are the texts of several cursors, joined by line ends or as a list of prompts: nobody pays for
 * what they did not see.
 */
export async function generateFromSelection(deps: Dependencies): Promise<Task | undefined> {
  const { messages, l10n, dialogs, openEditor } = deps;
  const { texts, lineEnd } = deps.selected() ?? { texts: [], lineEnd: '\n' };
  const prompt = texts.filter((text) => text !== '').join(lineEnd);
  if (prompt.trim() === '') {
    messages.nothingSelected();
    return undefined;
  }
  if (!(await ensureReadyToSend(deps))) return undefined;
  const described = texts.filter((text) => text.trim() !== '');
  if (described.length > 1) {
    const what = await askAbout(described, deps);
    if (what === 'each') await deps.openPrompts(described, lineEnd);
    if (what !== 'all') return undefined;
  }
  if (prompt.length > UNUSUALLY_LONG_PROMPT) {
    const goOn = await dialogs.confirm({
      message: l10n.t('Use {0} characters as a prompt?', prompt.length.toLocaleString(deps.language)),
      detail: l10n.t(
        'A prompt is usually a few sentences. The gateway may refuse or cut one that long. Nothing is sent yet.',
      ),
      action: l10n.t('Open as Prompt'),
    });
    if (!goOn) return undefined;
  }
  if (!needsEditor(prompt)) return runWizardAndSend(deps, { request: { prompt }, at: 'prompt' });
  await openEditor(prompt);
  return undefined;
}

async function askAbout(
  texts: readonly string[],
  { dialogs, l10n }: Dependencies,
): Promise<'all' | 'each' | undefined> {
  return dialogs.choose<'all' | 'each'>({
    title: l10n.t('Generate Video from Selection'),
    placeholder: l10n.t('{0} texts are selected. Nothing is sent yet.', texts.length),
    choices: [
      {
        value: 'all',
        icon: 'combine',
        label: l10n.t('One Video from All'),
        description: l10n.t('the texts are joined'),
      },
      {
        value: 'each',
        icon: 'list-ordered',
        label: l10n.t('One Video Each'),
        description: l10n.t('{0} videos', texts.length),
      },
    ],
  });
}

/** What is selected in the editor in front, byte for byte and from top to bottom. */
export function selectedText(): Selected | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const { document, selections } = editor;
  return {
    texts: [...selections]
      .sort((one, other) => one.start.compareTo(other.start))
      .map((selection) => document.getText(selection)),
    lineEnd: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
  };
}
