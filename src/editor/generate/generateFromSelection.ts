import type { Task } from '../../core/task/task';
import { UNUSUALLY_LONG_PROMPT, needsEditor } from '../../core/models/promptText';
import type { AppContext } from '../common/appContext';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureReadyToSend } from './submit/ensureReady';
import * as vscode from 'vscode';

/** The selection in the active editor. */
export interface Selected {
  /** The selected text of each cursor, from top to bottom. */
  readonly texts: readonly string[];
  /** Line break of the document. */
  readonly lineEnd: string;
}

interface Dependencies
  extends GenerateDependencies, Pick<AppContext, 'dialogs' | 'notifications' | 'commandTitles' | 'language'> {
  readonly selected: () => Selected | undefined;
  readonly openEditor: (prompt: string) => Promise<void>;
  /** Opens an editor with a list of prompts. */
  readonly openPrompts: (prompts: readonly string[], lineEnd: string) => Promise<void>;
}

/**
 * Uses the selected text as the prompt, unchanged. A single line goes to the wizard. Several lines are shown in an editor
 * first, and so are the selections of several cursors, joined or as a list: users must see what they pay for.
 */
export async function generateFromSelection(deps: Dependencies): Promise<Task | undefined> {
  const { notifications, l10n, dialogs, openEditor } = deps;
  const { texts, lineEnd } = deps.selected() ?? { texts: [], lineEnd: '\n' };
  const prompt = texts.filter((text) => text !== '').join(lineEnd);
  if (prompt.trim() === '') {
    notifications.show('info', l10n.t('Select the text to use as the prompt.'), []);
    return undefined;
  }
  if (!(await ensureReadyToSend(deps))) return undefined;
  const selections = texts.filter((text) => text.trim() !== '');
  if (selections.length > 1) {
    const what = await pickCombination(selections.length, deps);
    if (what === 'each') await deps.openPrompts(selections, lineEnd);
    if (what !== 'all') return undefined;
  }
  if (prompt.length > UNUSUALLY_LONG_PROMPT) {
    const isConfirmed = await dialogs.confirm({
      message: l10n.t(
        'Use the selected {0} characters as the prompt?',
        prompt.length.toLocaleString(deps.language),
      ),
      detail: l10n.t('Very long prompt. The gateway might reject it.'),
      action: l10n.t('Edit in Editor'),
    });
    if (!isConfirmed) return undefined;
  }
  if (!needsEditor(prompt)) return runWizardAndSend(deps, { request: { prompt }, at: 'prompt' });
  await openEditor(prompt);
  return undefined;
}

async function pickCombination(
  count: number,
  { dialogs, commandTitles, l10n }: Dependencies,
): Promise<'all' | 'each' | undefined> {
  return dialogs.choose<'all' | 'each'>({
    title: commandTitles.plain('nebulaVideo.generateFromSelection'),
    placeholder: l10n.t('Select an option'),
    choices: [
      {
        value: 'all',
        icon: 'combine',
        label: l10n.t('One Video'),
      },
      {
        value: 'each',
        icon: 'list-ordered',
        label: l10n.t('One Video per Selection'),
        description: l10n.t('{0} videos', count),
      },
    ],
  });
}

/** @returns the selection in the active editor, from top to bottom */
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
