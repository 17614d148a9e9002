import * as vscode from 'vscode';
import type { AppContext } from '../../common/appContext';
import { LanguageModelAvailability, editorLanguageModels, type LanguageModels } from './languageModels';
import { PromptCodeLensProvider, PromptListCodeLensProvider } from './promptCodeLens';
import { PromptChoices } from './promptChoices';
import { PromptDiff } from './promptDiff';
import { PROMPT_LANGUAGE, PROMPT_LIST_LANGUAGE, PromptEditors } from './promptEditors';

/** Editors for prompts and lists of prompts. */
export interface EditorsOfPrompts {
  readonly prompts: PromptEditors;
  readonly lists: PromptEditors;
  readonly suggestions: PromptDiff;
  readonly languageModels: LanguageModels;
}

/** Creates the editors and registers their CodeLens providers. */
export function createPromptEditors(
  context: AppContext,
  { languageModels = editorLanguageModels }: { readonly languageModels?: LanguageModels },
): EditorsOfPrompts {
  const { catalog, commandTitles, contextKeys, subscriptions, runInBackground, language } = context;
  const choices = new PromptChoices(context.mementos.workspace, context.looksLikeKey);
  const prompts = subscriptions.add(new PromptEditors(choices));
  const lists = subscriptions.add(new PromptEditors(choices, PROMPT_LIST_LANGUAGE));
  const lenses = subscriptions.add(
    new PromptCodeLensProvider({
      commandTitles,
      language,
      maxLengthOf: (document) => {
        const { model } = prompts.inputOf(document).request ?? {};
        return model === undefined ? undefined : catalog.familyOf(model)?.maxPromptLength;
      },
      onSeen: () => availability.start(),
    }),
  );
  const availability = subscriptions.add(
    new LanguageModelAvailability({
      models: languageModels,
      runInBackground,
      onChange: (isAvailable) => {
        contextKeys.setHasLanguageModel(isAvailable);
        lenses.setCanImprove(isAvailable);
      },
    }),
  );
  const register = (name: string, provider: vscode.CodeLensProvider) =>
    subscriptions.add(vscode.languages.registerCodeLensProvider({ language: name }, provider));
  register(PROMPT_LIST_LANGUAGE, new PromptListCodeLensProvider(context));
  register(PROMPT_LANGUAGE, lenses);
  const suggestions = subscriptions.add(new PromptDiff());
  return { prompts, lists, suggestions, languageModels };
}
