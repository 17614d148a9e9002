import type { TextDocument } from 'vscode';
import type { Task } from '../../core/task/task';
import { canSendAgain } from '../../core/tasks/submitSequentially';
import type { AppContext } from '../common/appContext';
import { Rejection } from '../common/rejection';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { sendList, separatePrompt, type BatchDependencies } from './batch/generateSeveral';
import { showMissingPrompt } from './promptEditor/missingPrompt';
import { splitPrompts } from './promptEditor/promptList';
import type { WizardInput, WizardResult } from './wizard/wizardTypes';

/** Maximum number of prompts in a list. More are likely a mistake. */
const MAX_PROMPTS = 50;

interface Dependencies extends GenerateDependencies, Pick<AppContext, 'runInBackground'> {
  readonly prompts: {
    open(text: string, input: WizardInput): Promise<void>;
    find(args: readonly unknown[]): TextDocument | undefined;
    inputOf(document: TextDocument): WizardInput;
    close(document: TextDocument, text: string): Promise<void>;
  };
}

export type PromptDependencies = Dependencies & BatchDependencies;

/** Generates from the text of a prompt editor, or of a list of prompts, unchanged. */
export async function sendFromEditor(deps: PromptDependencies, args: readonly unknown[]): Promise<unknown> {
  const { lists, listsBeingSent, notifications, l10n } = deps;
  const document = lists.find(args);
  if (!document) return sendPrompt(deps, args);
  // Check before reading the text: while a list is sent, it shrinks down to the last prompt.
  if (listsBeingSent.has(document)) {
    notifications.show('info', l10n.t('These prompts are already being sent.'), []);
    return undefined;
  }
  const text = document.getText();
  const prompts = splitPrompts(text).map((prompt) => prompt.text);
  if (prompts.length === 1) return sendPrompt({ ...deps, prompts: lists }, args);
  const firstEmpty = prompts.findIndex((prompt) => prompt.trim() === '');
  if (firstEmpty >= 0) {
    notifications.show('info', l10n.t('Prompt {0} is empty. Nothing was sent.', firstEmpty + 1), []);
    return undefined;
  }
  if (prompts.length > MAX_PROMPTS) {
    notifications.show(
      'info',
      l10n.t('Up to {0} prompts can be sent at once. Nothing was sent.', MAX_PROMPTS),
      [],
    );
    return undefined;
  }
  return sendList(deps, document, text, prompts);
}

/**
 * Generates from the text of a prompt editor, unchanged. The wizard starts after the prompt, with the user's earlier
 * choices. The editor is closed once a task has its text, and opened again if the request wasn't sent or accepted.
 */
export async function sendPrompt(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  const { prompts, runInBackground } = deps;
  const document = prompts.find(args);
  const prompt = document?.getText() ?? '';
  if (!document || prompt.trim() === '') {
    showMissingPrompt(document, deps);
    return undefined;
  }
  const { request, images, basedOn } = prompts.inputOf(document);
  const state: { input?: WizardInput } = {};
  const onStored = async (sent: WizardResult): Promise<void> => {
    // The user may have written another prompt. Then this one stays.
    if (sent.request.prompt !== prompt) return;
    state.input = { ...separatePrompt(sent).input, ...(basedOn === undefined ? {} : { basedOn }) };
    // Restored in another window, the editor must not offer a prompt that may be paid for.
    const closing = prompts.close(document, prompt);
    runInBackground(closing);
    // The request is sent whether or not the editor could be closed.
    await closing.catch(() => undefined);
  };
  try {
    const task = await runWizardAndSend(
      deps,
      {
        request: { ...request, prompt },
        ...{ images, basedOn, at: 'summary', promptIsDraft: true },
      },
      onStored,
    );
    if (task && state.input && canSendAgain(task)) await prompts.open(prompt, state.input);
    return task;
  } catch (error) {
    // A rejection means that there is no task.
    if (state.input && error instanceof Rejection) await prompts.open(prompt, state.input);
    throw error;
  }
}
