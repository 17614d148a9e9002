import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Log } from '../../core/common/log';
import { familyOf, type Model } from '../../core/models/catalog';
import type { VideoRequest } from '../../core/models/request';
import type { KeyCheck } from '../../core/tasks/keyGuard';
import type { Dialogs } from '../common/dialogs';
import { BatchSubmitter } from './batch/batchSubmitter';
import type { Command } from '../common/commandRunner';
import { continueFromLastFrame, type FrameSource } from './continueFromLastFrame';
import { generate } from './generate';
import { editAndGenerate, generateAgain } from './generateAgain';
import { generateFromImage } from './generateFromImage';
import { generateFromSelection } from './generateFromSelection';
import { generateSeveral, openPrompts } from './batch/generateSeveral';
import { sendFromEditor } from './generateFromPrompt';
import { improvePrompt } from './promptEditor/improvePrompt';
import { remix } from './remix';
import { savePreset } from './presets/savePreset';
import type { Desktop } from '../common/desktop';
import type { LazyEngine } from '../common/engineAccess';
import { COMMANDS, SETTINGS, SETTINGS_SECTION } from '../common/ids';
import type { ImagePicker } from '../imageFit/imagePicker';
import type { GatewayModels } from '../credentials/gatewayModels';
import type { CustomModels } from '../common/customModels';
import { createPresets } from './presets/createPresets';
import type { Preset } from './presets/preset';
import { LanguageModelAvailability, type LanguageModels } from './promptEditor/languageModels';
import { PROMPT_LANGUAGE, PROMPT_LIST_LANGUAGE, PromptEditors } from './promptEditor/promptEditors';
import { PromptCodeLensProvider } from './promptEditor/promptCodeLens';
import { PromptListCodeLensProvider } from './promptEditor/promptListCodeLens';
import { replaceText } from './promptEditor/replaceText';
import { selectedText } from './selectedText';
import { PromptDiff } from './promptEditor/promptDiff';
import type { RequestImages } from '../imageFit/requestImages';
import type { RequestSender } from './submit/requestSender';
import type { Settings } from '../common/settings';
import { BatchMessages } from './batch/batchReport';
import { FrameMessages } from './frameMessages';
import type { MessagePresenter } from '../common/messagePresenter';
import type { Messages } from '../common/messages';
import type { Notifier } from '../common/notifications';
import { PromptMessages } from './promptEditor/promptMessages';
import type { PresetMessages } from './presets/presetMessages';
import { runGenerateWizard, type Begun, type WizardOptions } from './wizard/wizard';
import { modelChoices, modelWarning } from './wizard/modelChoices';
import type { QuickInputs } from '../common/quickInputs';
import type { WizardState } from './wizard/wizardState';

interface Parts {
  readonly engines: LazyEngine;
  readonly settings: Settings;
  readonly asker: Dialogs;
  readonly notifier: Notifier;
  readonly inputs: QuickInputs;
  readonly desktop: Desktop;
  readonly imagePicker: ImagePicker;
  readonly frames: FrameSource;
  readonly languageModels: LanguageModels;
  readonly box: MessagePresenter;
  readonly messages: Messages;
  readonly wizardMessages: PresetMessages;
  readonly memory: WizardState;
  readonly sender: RequestSender;
  readonly images: RequestImages;
  readonly ownModels: CustomModels;
  readonly gatewayModels: GatewayModels;
  readonly configuration: (scope?: vscode.Uri) => vscode.WorkspaceConfiguration;
  readonly folders: () => readonly vscode.WorkspaceFolder[];
  /** Asks for a key, as Set API Key does. */
  readonly setKey: () => Promise<void>;
  /** Shows a task in the list. */
  readonly reveal: (id: string) => void;
  /** Hears whether there is a language model that can improve prompts. */
  readonly tellLanguageModel: (isThere: boolean) => void;
  readonly execute: (command: string, ...args: unknown[]) => void;
  readonly inBackground: (work: Promise<unknown>) => void;
  readonly language: string;
  readonly looksLikeKey: KeyCheck;
  readonly log: Log;
  readonly l10n: L10n;
}

/** The commands by which a person asks for videos. */
type AskingCommand =
  | 'generate'
  | 'generateSeveral'
  | 'generateFromSelection'
  | 'generateFromImage'
  | 'generateAgain'
  | 'editAndGenerate'
  | 'remix'
  | 'savePreset'
  | 'continueFromLastFrame'
  | 'sendPrompt'
  | 'improvePrompt';

type AskingCommands = Readonly<Record<(typeof COMMANDS)[AskingCommand], Command['run']>>;

/** Puts together all that leads to a request: wizard, presets, prompt editors, images and batches. */
export function registerGenerate(parts: Parts): Disposable & { readonly commands: AskingCommands } {
  const owned = new DisposableStore();
  const { engines, settings, asker, notifier, inputs, desktop, imagePicker, frames, languageModels } = parts;
  const { box, messages, wizardMessages, memory, sender, images, ownModels, gatewayModels } = parts;
  const { configuration, folders, setKey, reveal, tellLanguageModel, execute, inBackground } = parts;
  const { language, looksLikeKey, log, l10n } = parts;
  const prompts = owned.add(new PromptEditors());
  const openEditor = (prompt: string, begun?: Begun) => prompts.open(prompt, begun);
  const presets = createPresets({
    ...{ configuration, folders, asker, messages: wizardMessages, looksLikeKey, log, l10n },
  });
  const wizardParts = {
    inputs,
    memory,
    hintOf: (modelId: string) => modelWarning(modelId, gatewayModels.ids, l10n),
    remember: async (model: Model) => ownModels.add(model),
    host: () => {
      const baseUrl = settings.baseUrl();
      return baseUrl === undefined ? undefined : new URL(baseUrl).host;
    },
    openEditor,
    presets: {
      read: () => presets.read(),
      save: async (request: VideoRequest) => presets.save(request),
      remove: async (preset: Preset) => presets.remove(preset),
      edit: () => execute('workbench.action.openSettings', `@id:${SETTINGS_SECTION}.${SETTINGS.presets}`),
    },
    look: async (sources: readonly string[]) => images.look(sources),
    looksLikeKey,
    language,
    l10n,
  };
  const generateParts = {
    sender,
    messages,
    l10n,
    memory,
    runGenerateWizard: async (start: WizardOptions) => {
      // For the next time; nobody waits for it.
      inBackground(gatewayModels.refresh());
      const models = modelChoices(ownModels.list(), gatewayModels.ids);
      return runGenerateWizard({ ...wizardParts, models, defaultModel: settings.defaultModel() }, start);
    },
    setKey,
    reveal,
  };
  const frameParts = {
    ...{ engines, asker, images },
    frames,
    frameMessages: new FrameMessages({ box, l10n }),
    ownModels: () => ownModels.list(),
  };
  const lists = owned.add(new PromptEditors(PROMPT_LIST_LANGUAGE));
  const severalParts = {
    ...{ ...generateParts, asker, inputs: wizardParts.inputs, host: wizardParts.host, inBackground },
    ...{ prompts, lists, replaceText, random: Math.random, underWay: new Set<vscode.TextDocument>() },
    batch: new BatchSubmitter({ sender, notifier, ownModels: () => ownModels.list(), l10n }),
    batchMessages: new BatchMessages({ box, l10n }),
  };
  owned.add(
    vscode.languages.registerCodeLensProvider(
      { language: PROMPT_LIST_LANGUAGE },
      new PromptListCodeLensProvider(language),
    ),
  );
  const againParts = { ...generateParts, engines, asker, ownModels };
  const lenses = owned.add(
    new PromptCodeLensProvider({
      language,
      longestOf: (document) => {
        const { model } = prompts.begunOf(document).request ?? {};
        return model === undefined ? undefined : familyOf(model, ownModels.list())?.maxPromptLength;
      },
      onSeen: () => presence.begin(),
    }),
  );
  owned.add(vscode.languages.registerCodeLensProvider({ language: PROMPT_LANGUAGE }, lenses));
  const suggestions = owned.add(new PromptDiff());
  const promptMessages = new PromptMessages({ box, l10n });
  const presence = owned.add(
    new LanguageModelAvailability({
      models: languageModels,
      inBackground,
      tell: (isThere) => {
        tellLanguageModel(isThere);
        lenses.setCanImprove(isThere);
      },
    }),
  );
  const commands: AskingCommands = {
    [COMMANDS.generate]: async (args) => generate(generateParts, args),
    [COMMANDS.generateFromSelection]: async () =>
      generateFromSelection({
        ...{ ...generateParts, asker, selected: selectedText, openEditor, language },
        openPrompts: async (texts, lineEnd) => openPrompts({ prompts, lists }, texts, lineEnd),
      }),
    [COMMANDS.generateSeveral]: async () => generateSeveral(severalParts),
    [COMMANDS.generateFromImage]: async (args) =>
      generateFromImage({ ...generateParts, ...frameParts, desktop, imagePicker }, args),
    [COMMANDS.generateAgain]: async (args) => generateAgain(againParts, args),
    [COMMANDS.editAndGenerate]: async (args) => editAndGenerate(againParts, args),
    [COMMANDS.remix]: async (args) => remix({ ...generateParts, engines, asker }, args),
    [COMMANDS.savePreset]: async (args) => savePreset({ engines, asker, messages, l10n, presets }, args),
    [COMMANDS.continueFromLastFrame]: async (args) =>
      continueFromLastFrame({ ...generateParts, ...frameParts }, args),
    [COMMANDS.sendPrompt]: async (args) => sendFromEditor(severalParts, args),
    [COMMANDS.improvePrompt]: async (args) =>
      improvePrompt(
        {
          models: languageModels,
          prompts,
          suggestions,
          asker,
          notifier,
          messages,
          promptMessages,
          looksLikeKey,
          inBackground,
          l10n,
        },
        args,
      ),
  };
  return { commands, dispose: () => owned.dispose() };
}
