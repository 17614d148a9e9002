import type * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import type { Task } from '../../core/task/task';
import type { AppContext, Commands, Feature } from '../common/appContext';
import type { Command } from '../common/commandRunner';
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
type LazyCommands = Awaited<ReturnType<typeof load>>;

/** A command that is loaded on first use. */
function lazily(run: (commands: LazyCommands, args: readonly unknown[]) => Promise<unknown>): Command {
  return { run: async (args) => run(await load(), args) };
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
      'nebulaVideo.improvePrompt': lazily(({ improvePrompt }, args) =>
        improvePrompt({ ...context, ...editors, models: editors.languageModels }, args),
      ),
      'nebulaVideo.savePreset': lazily(({ savePreset }, args) =>
        savePreset({ ...context, presets: wizard.presets }, args),
      ),
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
    'nebulaVideo.generateFromSelection': lazily(({ generateFromSelection, openPrompts, selectedText }) =>
      generateFromSelection({
        ...deps,
        selected: selectedText,
        openEditor: async (prompt) => editors.prompts.open(prompt),
        openPrompts: async (texts, lineEnd) => openPrompts(editors, texts, lineEnd),
      }),
    ),
    'nebulaVideo.generateFromImage': lazily(({ generateFromImage }, args) =>
      generateFromImage(frameDeps, args),
    ),
    'nebulaVideo.generateAgain': lazily(({ generateAgain }, args) => generateAgain(deps, args)),
    'nebulaVideo.editAndGenerate': lazily(({ editAndGenerate }, args) => editAndGenerate(deps, args)),
    'nebulaVideo.remix': lazily((commands, args) => commands.remix(deps, args)),
    'nebulaVideo.continueFromLastFrame': lazily(({ continueFromLastFrame }, args) =>
      continueFromLastFrame(frameDeps, args),
    ),
  };
}

function batchCommands(context: AppContext, wizard: Wizard, editors: EditorsOfPrompts): Commands {
  const common = {
    ...context,
    ...wizard,
    ...editors,
    ...{ replaceText, random: Math.random, listsBeingSent: new Set<vscode.TextDocument>() },
  };
  const withBatch = ({ BatchSubmitter }: LazyCommands) => ({ ...common, batch: new BatchSubmitter(common) });
  return {
    'nebulaVideo.generateSeveral': lazily((commands) => commands.generateSeveral(withBatch(commands))),
    'nebulaVideo.sendPrompt': lazily((commands, args) => commands.sendFromEditor(withBatch(commands), args)),
  };
}
