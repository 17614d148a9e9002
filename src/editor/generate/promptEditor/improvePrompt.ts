import type * as vscode from 'vscode';
import { describeError, withPrefix } from '../../../core/common/log';
import { UNUSUALLY_LONG_PROMPT } from '../../../core/models/promptText';
import { keyInFieldMessage } from '../../../core/tasks/keyGuard';
import type { AppContext } from '../../common/appContext';
import { LanguageModelError, type LanguageModel, type LanguageModels } from './languageModels';
import { showMissingPrompt } from './missingPrompt';
import type { PromptDiff } from './promptDiff';
import { replaceText } from './promptEditors';

interface Dependencies extends Pick<
  AppContext,
  'dialogs' | 'notifications' | 'commandTitles' | 'looksLikeKey' | 'runInBackground' | 'l10n' | 'log'
> {
  readonly models: LanguageModels;
  readonly prompts: { find(args: readonly unknown[]): vscode.TextDocument | undefined };
  readonly suggestions: Pick<PromptDiff, 'show'>;
}

/** The instruction for the language model, followed by the prompt. In English, which all models understand. */
const INSTRUCTION = [
  'You help to write prompts for text-to-video models. Rewrite the prompt that follows so that such a model makes a',
  'better video of it: say what is seen, how it moves, the light, the camera and what is heard, in the present tense.',
  'Keep its language, everything it asks for, its names and what is said in quotation marks, word for word.',
  'Leave alone markers such as [图1] and flags that begin with --. Add nothing that contradicts it.',
  'Answer with the new prompt and nothing else: no introduction, no quotation marks around it, no Markdown.',
].join(' ');

/**
 * Rewrites the prompt of an editor with one of the user's language models and shows the differences. Changes nothing
 * until the user confirms, and sends nothing to the gateway.
 */
export async function improvePrompt(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { prompts, suggestions, notifications, looksLikeKey, runInBackground, l10n } = deps;
  const document = prompts.find(args);
  const prompt = document?.getText() ?? '';
  if (!document || prompt.trim() === '') {
    showMissingPrompt(document, deps);
    return;
  }
  if (looksLikeKey(prompt)) {
    notifications.show('warning', keyInFieldMessage('prompt', l10n), []);
    return;
  }
  const model = await pickModel(deps);
  if (!model) return;
  const answer = await notifications.longProgress(
    l10n.t('{0} is improving the prompt…', model.name),
    async (_report, signal) => ask(deps, model, prompt, signal),
  );
  if (answer === undefined) return;
  const improved = withoutCodeFence(answer);
  if (improved === '' || improved === prompt.trim()) {
    notifications.show('info', l10n.t('{0} suggested no changes.', model.name), []);
    return;
  }
  const diff = await suggestions.show(document, improved, `${l10n.t('Prompt')} ↔ ${model.name}`);
  const usePrompt = async () => {
    if (await replaceText(document, prompt, improved)) await diff.close();
    else notifications.show('info', l10n.t("The prompt has changed since, so it wasn't replaced."), []);
  };
  notifications.show('info', l10n.t('{0} suggested a prompt.', model.name), [
    { title: l10n.t('Use Prompt'), run: () => runInBackground(usePrompt()) },
    { title: l10n.t('Discard'), run: () => runInBackground(diff.close()) },
  ]);
}

async function pickModel({
  models,
  dialogs,
  commandTitles,
  notifications,
  l10n,
}: Dependencies): Promise<LanguageModel | undefined> {
  const available = await models.list();
  if (available.length === 0) {
    const message = l10n.t(
      'No language model is available. Install an extension that provides one, such as GitHub Copilot Chat.',
    );
    notifications.show('info', message, []);
  }
  if (available.length <= 1) return available[0];
  return dialogs.choose({
    title: commandTitles.plain('nebulaVideo.improvePrompt'),
    placeholder: l10n.t('Select a model'),
    choices: available.map((model) => ({ value: model, label: model.name, description: model.id })),
  });
}

/** @returns undefined if the user canceled or, after a message, if the model refused */
async function ask(
  { notifications, l10n, log }: Dependencies,
  model: LanguageModel,
  prompt: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await model.ask(`${INSTRUCTION}\n\n${prompt}`, UNUSUALLY_LONG_PROMPT, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof LanguageModelError)) throw error;
    withPrefix(log, 'improvePrompt').warn(`${model.id} refused: ${describeError(error)}`);
    notifications.show('warning', l10n.t("{0} couldn't improve the prompt.", model.name), [
      notifications.command('nebulaVideo.showLog'),
    ]);
    return undefined;
  }
}

/** Removes whitespace and a Markdown fence, which models add even if told not to. */
function withoutCodeFence(answer: string): string {
  const text = answer.trim();
  return (/^```[^\n]*\n([\s\S]*?)\n?```$/.exec(text)?.[1] ?? text).trim();
}
