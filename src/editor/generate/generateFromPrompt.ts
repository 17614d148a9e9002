import type { TextDocument } from 'vscode';
import type { Task } from '../../core/task/task';
import { canSendAgain } from '../../core/tasks/submitSequentially';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { sendList, type BatchDependencies } from './batch/generateSeveral';
import { splitPrompts } from './promptEditor/promptList';
import type { Begun } from './wizard/wizard';

/** Maximum number of prompts in a list. More are likely a mistake. */
const MAX_PROMPTS = 50;

interface Dependencies extends GenerateDependencies {
  readonly prompts: {
    find(args: readonly unknown[]): TextDocument | undefined;
    begunOf(document: TextDocument): Begun;
    close(document: TextDocument, text: string): Promise<void>;
  };
}

export type PromptDependencies = GenerateDependencies & BatchDependencies;

/** Sends the text of a prompt editor, or of a list of prompts, byte for byte. */
export async function sendFromEditor(deps: PromptDependencies, args: readonly unknown[]): Promise<unknown> {
  const { lists, underWay, batchMessages } = deps;
  const document = lists.find(args);
  if (!document) return sendPrompt(deps, args);
  // Before it is looked at: it gets shorter while it is sent, down to the prompt that is on its way.
  if (underWay.has(document)) {
    batchMessages.stillSending();
    return undefined;
  }
  const text = document.getText();
  const prompts = splitPrompts(text).map((prompt) => prompt.text);
  if (prompts.length === 1) return sendPrompt({ ...deps, prompts: lists }, args);
  const empty = prompts.flatMap((prompt, index) => (prompt.trim() === '' ? [index + 1] : []));
  if (empty.length > 0) {
    batchMessages.emptyPrompts(empty);
    return undefined;
  }
  if (prompts.length > MAX_PROMPTS) {
    batchMessages.tooManyPrompts(prompts.length, MAX_PROMPTS);
    return undefined;
  }
  return sendList(deps, document, text, prompts);
}

/**
 * Goes on with the text of a prompt editor, byte for byte, at the question after the prompt, and with what was answered
 * before the editor was opened.
 */
export async function sendPrompt(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  const { prompts, messages } = deps;
  const document = prompts.find(args);
  if (!document) {
    messages.noPromptEditor();
    return undefined;
  }
  const prompt = document.getText();
  if (prompt.trim() === '') {
    messages.emptyPrompt();
    return undefined;
  }
  const { request, images, basedOn } = prompts.begunOf(document);
  const task = await runWizardAndSend(deps, {
    request: { ...request, prompt },
    ...{ images, basedOn, at: 'afterPrompt', promptIsDraft: true },
  });
  // Its text is the task's now, except where it has to be sent once more.
  if (task && !canSendAgain(task)) await prompts.close(document, prompt);
  return task;
}
