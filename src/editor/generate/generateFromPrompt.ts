import type { TextDocument } from 'vscode';
import type { Task } from '../../core/task/task';
import { isOpenEnd } from '../../core/tasks/submitSequentially';
import { runWizardAndSend, type GenerateParts } from './generate';
import type { Begun } from './wizard/wizard';

interface Parts extends GenerateParts {
  readonly prompts: {
    find(args: readonly unknown[]): TextDocument | undefined;
    begunOf(document: TextDocument): Begun;
    close(document: TextDocument, text: string): Promise<void>;
  };
}

/**
 * Goes on with the text of a prompt editor, byte for byte, at the question after the prompt, and with what was answered
 * before the editor was opened.
 */
export async function sendPrompt(parts: Parts, args: readonly unknown[]): Promise<Task | undefined> {
  const { prompts, messages } = parts;
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
  const task = await runWizardAndSend(parts, {
    request: { ...request, prompt },
    ...{ images, basedOn, at: 'afterPrompt', promptIsDraft: true },
  });
  // Its text is the task's now, except where it has to be sent once more.
  if (task && !isOpenEnd(task)) await prompts.close(document, prompt);
  return task;
}
