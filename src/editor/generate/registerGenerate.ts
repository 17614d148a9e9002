import * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import type { Model } from '../../core/models/catalog';
import type { VideoRequest } from '../../core/models/request';
import type { Task } from '../../core/task/task';
import type { AppContext, Commands, Feature } from '../common/appContext';
import { SETTINGS, SETTINGS_SECTION } from '../common/ids';
import type { Requester } from '../credentials/originApproval';
import type { CredentialsFeature } from '../credentials/registerCredentials';
import type { ImageFitFeature } from '../imageFit/registerImageFit';
import type { PlayerFeature } from '../player/registerPlayer';
import { BatchMessages } from './batch/batchReport';
import { BatchSubmitter } from './batch/batchSubmitter';
import { generateSeveral, openPrompts } from './batch/generateSeveral';
import { continueFromLastFrame, type FrameSource } from './continueFromLastFrame';
import { FrameMessages } from './frameMessages';
import { generate, hasRequest, type GenerateDependencies } from './generate';
import { editAndGenerate, generateAgain } from './generateAgain';
import { generateFromImage } from './generateFromImage';
import { sendFromEditor } from './generateFromPrompt';
import { generateFromSelection } from './generateFromSelection';
import { createPresets } from './presets/createPresets';
import type { Preset } from './presets/preset';
import { PresetMessages } from './presets/presetMessages';
import { savePreset } from './presets/savePreset';
import { improvePrompt } from './promptEditor/improvePrompt';
import {
  LanguageModelAvailability,
  editorLanguageModels,
  type LanguageModels,
} from './promptEditor/languageModels';
import { PromptCodeLensProvider } from './promptEditor/promptCodeLens';
import { PromptDiff } from './promptEditor/promptDiff';
import { PROMPT_LANGUAGE, PROMPT_LIST_LANGUAGE, PromptEditors } from './promptEditor/promptEditors';
import { PromptListCodeLensProvider } from './promptEditor/promptListCodeLens';
import { PromptMessages } from './promptEditor/promptMessages';
import { replaceText } from './promptEditor/replaceText';
import { PublicApi } from './publicApi';
import { remix } from './remix';
import { selectedText } from './selectedText';
import { RequestSender } from './submit/requestSender';
import { modelChoices, modelWarning } from './wizard/modelChoices';
import { runGenerateWizard, type Begun, type WizardOptions } from './wizard/wizard';
import { WizardState } from './wizard/wizardState';

/** A request from this window whose outcome is known. */
export interface SubmittedTask {
  readonly task: Task;
  readonly requester: Requester;
}

export interface GenerateFeature extends Feature {
  readonly api: PublicApi;
  readonly onDidSubmit: Event<SubmittedTask>;
}

interface Needs {
  readonly credentials: CredentialsFeature;
  readonly images: ImageFitFeature;
  readonly player: PlayerFeature;
  /** Instead of the editor's own, for tests. */
  readonly languageModels?: LanguageModels;
  readonly frames?: FrameSource;
}

/** Sets up all that leads to a paid request: wizard, presets, prompt editors, images and batches. */
export function registerGenerate(context: AppContext, needs: Needs): GenerateFeature {
  const { subscriptions, log } = context;
  const submitted = subscriptions.add(new Emitter<SubmittedTask>((error) => log.error(describeError(error))));
  const { keychain, approval } = needs.credentials;
  const { images } = needs.images;
  const onSent = (task: Task, requester: Requester) => submitted.fire({ task, requester });
  const sender = new RequestSender({ ...context, keychain, approval, images, onSent });
  const api = subscriptions.add(new PublicApi({ ...context, sender }));
  const memory = new WizardState({ ...context, ...context.mementos });
  removeUnneededImages(context, needs, memory);
  const editors = createPromptEditors(context, needs);
  const wizard = createWizard(context, needs, { sender, memory, editors });
  return {
    api,
    onDidSubmit: submitted.event,
    commands: {
      ...wizardCommands(context, needs, wizard, editors),
      ...batchCommands(context, { sender, wizard, editors }),
      'nebulaVideo.improvePrompt': {
        run: async (args) => improvePrompt({ ...context, ...editors, models: editors.languageModels }, args),
      },
      'nebulaVideo.savePreset': {
        run: async (args) => savePreset({ ...context, presets: wizard.presets }, args),
      },
    },
  };
}

/** Removes images that only removed tasks have used. */
function removeUnneededImages(
  { engines, subscriptions, inBackground }: AppContext,
  { images: { images } }: Needs,
  memory: WizardState,
): void {
  subscriptions.add(
    engines.onDidOpen((engine) => {
      subscriptions.add(
        engine.onDidChangeTasks(({ removed }) => {
          if (removed.length === 0) return;
          inBackground(
            images.removeUnneeded([memory.draft() ?? {}], async (hashes, remove) =>
              engine.removeUnusedImages(hashes, remove),
            ),
          );
        }),
      );
    }),
  );
}

/** The editors of prompts and lists of prompts, with their code lenses. */
interface EditorsOfPrompts {
  readonly prompts: PromptEditors;
  readonly lists: PromptEditors;
  readonly suggestions: PromptDiff;
  readonly promptMessages: PromptMessages;
  readonly languageModels: LanguageModels;
}

function createPromptEditors(
  context: AppContext,
  { languageModels = editorLanguageModels }: Needs,
): EditorsOfPrompts {
  const { catalog, contextKeys, subscriptions, inBackground, language } = context;
  const prompts = subscriptions.add(new PromptEditors());
  const lists = subscriptions.add(new PromptEditors(PROMPT_LIST_LANGUAGE));
  const lenses = subscriptions.add(
    new PromptCodeLensProvider({
      language,
      longestOf: (document) => {
        const { model } = prompts.begunOf(document).request ?? {};
        return model === undefined ? undefined : catalog.familyOf(model)?.maxPromptLength;
      },
      onSeen: () => presence.begin(),
    }),
  );
  const presence = subscriptions.add(
    new LanguageModelAvailability({
      models: languageModels,
      inBackground,
      tell: (isThere) => {
        contextKeys.setHasLanguageModel(isThere);
        lenses.setCanImprove(isThere);
      },
    }),
  );
  const register = (name: string, provider: vscode.CodeLensProvider) =>
    subscriptions.add(vscode.languages.registerCodeLensProvider({ language: name }, provider));
  register(PROMPT_LIST_LANGUAGE, new PromptListCodeLensProvider(language));
  register(PROMPT_LANGUAGE, lenses);
  const suggestions = subscriptions.add(new PromptDiff());
  return { prompts, lists, suggestions, promptMessages: new PromptMessages(context), languageModels };
}

/** What each command needs that leads to the wizard. */
interface Wizard extends GenerateDependencies {
  readonly presets: ReturnType<typeof createPresets>;
  readonly host: () => string | undefined;
}

function createWizard(
  context: AppContext,
  { credentials, images }: Needs,
  {
    sender,
    memory,
    editors,
  }: { readonly sender: RequestSender; readonly memory: WizardState; readonly editors: EditorsOfPrompts },
): Wizard {
  const { catalog, customModels, settings, view, inBackground, execute, l10n } = context;
  const { gatewayModels, setKey } = credentials;
  const presets = createPresets({ ...context, messages: new PresetMessages(context) });
  const host = () => {
    const baseUrl = settings.baseUrl();
    return baseUrl === undefined ? undefined : new URL(baseUrl).host;
  };
  const wizardParts = {
    ...context,
    ...{ memory, host },
    hintOf: (modelId: string) => modelWarning(modelId, catalog, gatewayModels.ids, l10n),
    remember: async (model: Model) => customModels.add(model),
    openEditor: async (prompt: string, begun?: Begun) => editors.prompts.open(prompt, begun),
    presets: {
      read: () => presets.read(),
      save: async (request: VideoRequest) => presets.save(request),
      remove: async (preset: Preset) => presets.remove(preset),
      edit: () => execute('workbench.action.openSettings', `@id:${SETTINGS_SECTION}.${SETTINGS.presets}`),
    },
    look: async (sources: readonly string[]) => images.images.look(sources),
  };
  return {
    ...context,
    ...{ sender, memory, presets, host, setKey },
    runGenerateWizard: async (start: WizardOptions) => {
      // For the next time. Don't wait for it.
      inBackground(gatewayModels.refresh());
      const models = modelChoices(catalog, gatewayModels.ids);
      return runGenerateWizard({ ...wizardParts, models, defaultModel: settings.defaultModel() }, start);
    },
    reveal: (id) => inBackground(Promise.resolve(view.reveal(id, { select: true, focus: false }))),
  };
}

function wizardCommands(
  context: AppContext,
  { images: { images, imagePicker }, player, frames = player.players }: Needs,
  wizard: Wizard,
  editors: EditorsOfPrompts,
): Commands {
  const deps = { ...context, ...wizard };
  const frameDeps = {
    ...deps,
    images,
    imagePicker,
    frames,
    frameMessages: new FrameMessages(context),
  };
  return {
    'nebulaVideo.generate': { run: async (args) => generate(wizard, args), calledByCode: hasRequest },
    'nebulaVideo.generateFromSelection': {
      run: async () =>
        generateFromSelection({
          ...deps,
          selected: selectedText,
          openEditor: async (prompt) => editors.prompts.open(prompt),
          openPrompts: async (texts, lineEnd) => openPrompts(editors, texts, lineEnd),
        }),
    },
    'nebulaVideo.generateFromImage': { run: async (args) => generateFromImage(frameDeps, args) },
    'nebulaVideo.generateAgain': { run: async (args) => generateAgain(deps, args) },
    'nebulaVideo.editAndGenerate': { run: async (args) => editAndGenerate(deps, args) },
    'nebulaVideo.remix': { run: async (args) => remix(deps, args) },
    'nebulaVideo.continueFromLastFrame': { run: async (args) => continueFromLastFrame(frameDeps, args) },
  };
}

function batchCommands(
  context: AppContext,
  {
    sender,
    wizard,
    editors,
  }: { readonly sender: RequestSender; readonly wizard: Wizard; readonly editors: EditorsOfPrompts },
): Commands {
  const deps = {
    ...context,
    ...wizard,
    ...editors,
    ...{ replaceText, random: Math.random, underWay: new Set<vscode.TextDocument>() },
    batch: new BatchSubmitter({ ...context, sender }),
    batchMessages: new BatchMessages(context),
  };
  return {
    'nebulaVideo.generateSeveral': { run: async () => generateSeveral(deps) },
    'nebulaVideo.sendPrompt': { run: async (args) => sendFromEditor(deps, args) },
  };
}
