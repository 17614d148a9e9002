import type * as vscode from 'vscode';
import { LanguageModelError, type LanguageModel, type LanguageModels } from './languageModels';
import { UNUSUALLY_LONG_PROMPT } from '../../../core/models/promptText';
import type { AppContext } from '../../common/appContext';
import { replaceText } from './promptEditors';
import type { PromptDiff } from './promptDiff';
import type { PromptMessages } from './promptMessages';

interface Dependencies extends Pick<
  AppContext,
  'dialogs' | 'notifications' | 'messages' | 'looksLikeKey' | 'runInBackground' | 'l10n'
> {
  readonly models: LanguageModels;
  readonly prompts: { find(args: readonly unknown[]): vscode.TextDocument | undefined };
  readonly suggestions: Pick<PromptDiff, 'show'>;
  readonly promptMessages: PromptMessages;
}

/** What the model is asked; in English, which all of them know. The prompt comes after it. */
const INSTRUCTION = [
  'You help to write prompts for text-to-video models. Rewrite the prompt that follows so that such a model makes a',
  'better video of it: say what is seen, how it moves, the light, the camera and what is heard, in the present tense.',
  'Keep its language, everything it asks for, its names and what is said in quotation marks, word for word.',
  'Leave alone markers such as [图1] and flags that begin with --. Add nothing that contradicts it.',
  'Answer with the new prompt and nothing else: no introduction, no quotation marks around it, no Markdown.',
].join(' ');

/**
 * Has a language model of the user's own write the prompt of an editor anew, and shows the differences. Nothing is
 * changed before the user says so, and nothing goes to the gateway.
 */
export async function improvePrompt(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { prompts, suggestions, notifications, messages, promptMessages, looksLikeKey, l10n } = deps;
  const document = prompts.find(args);
  if (!document) {
    messages.noPromptEditor();
    return;
  }
  const prompt = document.getText();
  if (prompt.trim() === '') {
    messages.emptyPrompt();
    return;
  }
  if (looksLikeKey(prompt)) {
    promptMessages.keyInPrompt();
    return;
  }
  const model = await chooseModel(deps);
  if (!model) return;
  const answer = await notifications.longProgress(
    l10n.t('{0} is improving the prompt …', model.name),
    async (_tell, signal) => ask(deps, model, prompt, signal),
  );
  if (answer === undefined) return;
  const better = withoutFrame(answer);
  if (better === '' || better === prompt.trim()) {
    promptMessages.nothingToImprove(model.name);
    return;
  }
  const title = l10n.t('Your Prompt ↔ Improved by {0}', model.name);
  const shown = await suggestions.show(document, better, title);
  const use = async () => {
    if (await replaceText(document, prompt, better)) await shown.close();
    else promptMessages.promptChangedMeanwhile();
  };
  promptMessages.improved(model.name, {
    use: () => deps.runInBackground(use()),
    keep: () => deps.runInBackground(shown.close()),
  });
}

async function chooseModel({
  models,
  dialogs,
  promptMessages,
  l10n,
}: Dependencies): Promise<LanguageModel | undefined> {
  const there = await models.list();
  if (there.length === 0) promptMessages.noLanguageModel();
  if (there.length <= 1) return there[0];
  return dialogs.choose({
    title: l10n.t('Improve Prompt'),
    placeholder: l10n.t('Which language model? Your prompt is sent to it.'),
    choices: there.map((model) => ({ value: model, label: model.name, description: model.id })),
  });
}

/** @returns undefined when it was called off, or refused, which is said */
async function ask(
  { promptMessages }: Dependencies,
  model: LanguageModel,
  prompt: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await model.ask(`${INSTRUCTION}\n\n${prompt}`, UNUSUALLY_LONG_PROMPT, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof LanguageModelError)) throw error;
    promptMessages.languageModelRefused(model.name, error.message);
    return undefined;
  }
}

/** Takes off what models put around an answer although they were told not to: blanks, and a fence of Markdown. */
function withoutFrame(answer: string): string {
  const text = answer.trim();
  return (/^```[^\n]*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text).trim();
}
