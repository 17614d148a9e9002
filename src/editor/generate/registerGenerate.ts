import type * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import type { Task } from '../../core/task/task';
import type { AppContext, Commands, Feature } from '../common/appContext';
import type { Requester } from '../credentials/originApproval';
import type { CredentialsFeature } from '../credentials/registerCredentials';
import type { ImageFitFeature } from '../imageFit/registerImageFit';
import type { PlayerFeature } from '../player/registerPlayer';
import type { FrameSource } from './continueFromLastFrame';
import { generate, hasRequest } from './generate';
import type { ImageDependencies } from './pickImages';
import type { LanguageModels } from './promptEditor/languageModels';
import { createPromptEditors, type EditorsOfPrompts } from './promptEditor/createPromptEditors';
import { replaceText } from './promptEditor/promptEditors';
import { PublicApi } from './publicApi';
import { RequestSender } from './submit/requestSender';
import { createWizard, type Wizard } from './wizard/createWizard';
import type { WizardInput } from './wizard/wizardTypes';
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

const load = async () => import('./generateCommands');

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
  const openEditor = async (prompt: string, begun: WizardInput) => editors.prompts.open(prompt, begun);
  const imageDeps = { ...context, ...needs.images, frames: needs.frames ?? needs.player.players };
  const wizard = createWizard(context, {
    ...needs,
    ...{ sender, memory, openEditor },
    pickImages: async (title) => (await load()).pickUsableImages(imageDeps, title),
    pickRemixSource: async (title) => (await load()).pickRemixSource(context, title),
  });
  return {
    api,
    onDidSubmit: submitted.event,
    commands: {
      ...wizardCommands(context, imageDeps, wizard, editors),
      ...batchCommands(context, wizard, editors),
      'nebulaVideo.improvePrompt': {
        run: async (args) => {
          const { improvePrompt } = await load();
          await improvePrompt({ ...context, ...editors, models: editors.languageModels }, args);
        },
      },
      'nebulaVideo.savePreset': {
        run: async (args) => (await load()).savePreset({ ...context, presets: wizard.presets }, args),
      },
    },
  };
}

/** Removes images that only removed tasks have used. */
function removeUnneededImages(
  { engine, subscriptions, runInBackground }: AppContext,
  { images: { images } }: Needs,
  memory: WizardState,
): void {
  subscriptions.add(
    engine.onDidChangeTasks(({ removed }) => {
      if (removed.length === 0) return;
      runInBackground(
        images.removeUnneeded([memory.draft() ?? {}], async (hashes, remove) =>
          engine.current.removeUnusedImages(hashes, remove),
        ),
      );
    }),
  );
}

function wizardCommands(
  context: AppContext,
  imageDeps: ImageDependencies,
  wizard: Wizard,
  editors: EditorsOfPrompts,
): Commands {
  const deps = { ...context, ...wizard };
  const frameDeps = { ...imageDeps, ...deps };
  return {
    'nebulaVideo.generate': { run: async (args) => generate(wizard, args), calledByCode: hasRequest },
    'nebulaVideo.generateFromSelection': {
      run: async () => {
        const { generateFromSelection, openPrompts, selectedText } = await load();
        return generateFromSelection({
          ...deps,
          selected: selectedText,
          openEditor: async (prompt) => editors.prompts.open(prompt),
          openPrompts: async (texts, lineEnd) => openPrompts(editors, texts, lineEnd),
        });
      },
    },
    'nebulaVideo.generateFromImage': {
      run: async (args) => (await load()).generateFromImage(frameDeps, args),
    },
    'nebulaVideo.generateAgain': { run: async (args) => (await load()).generateAgain(deps, args) },
    'nebulaVideo.editAndGenerate': { run: async (args) => (await load()).editAndGenerate(deps, args) },
    'nebulaVideo.remix': { run: async (args) => (await load()).remix(deps, args) },
    'nebulaVideo.continueFromLastFrame': {
      run: async (args) => (await load()).continueFromLastFrame(frameDeps, args),
    },
  };
}

function batchCommands(context: AppContext, wizard: Wizard, editors: EditorsOfPrompts): Commands {
  const { sender } = wizard;
  const common = {
    ...context,
    ...wizard,
    ...editors,
    ...{ replaceText, random: Math.random, listsBeingSent: new Set<vscode.TextDocument>() },
  };
  const loadBatch = async () => {
    const { BatchSubmitter, ...commands } = await load();
    return { ...commands, deps: { ...common, batch: new BatchSubmitter({ ...context, sender }) } };
  };
  return {
    'nebulaVideo.generateSeveral': {
      run: async () => {
        const { generateSeveral, deps } = await loadBatch();
        await generateSeveral(deps);
      },
    },
    'nebulaVideo.sendPrompt': {
      run: async (args) => {
        const { sendFromEditor, deps } = await loadBatch();
        return sendFromEditor(deps, args);
      },
    },
  };
}
