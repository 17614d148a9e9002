import { env } from 'vscode';
import type { Model } from '../../../core/models/catalog';
import type { VideoRequest } from '../../../core/models/request';
import type { AppContext } from '../../common/appContext';
import { SETTINGS, SETTINGS_SECTION } from '../../common/ids';
import type { CredentialsFeature } from '../../credentials/registerCredentials';
import type { ImageFitFeature } from '../../imageFit/registerImageFit';
import { createPresets, type Presets } from '../presets/createPresets';
import type { Preset } from '../presets/presetStore';
import type { ReadyDependencies } from '../submit/ensureReady';
import type { RequestSender } from '../submit/requestSender';
import { modelChoices, modelWarning } from './pickModel';
import { runGenerateWizard } from './wizard';
import type { WizardDependencies, WizardOptions, WizardResult } from './wizardTypes';
import type { WizardState } from './wizardState';

/** The wizard, and what its commands need around it. */
export interface Wizard extends ReadyDependencies, Pick<AppContext, 'notifications' | 'l10n'> {
  readonly memory: WizardState;
  readonly presets: Presets;
  readonly runGenerateWizard: (start: WizardOptions) => Promise<WizardResult | undefined>;
  /** Shows a task in the list. */
  readonly reveal: (id: string) => void;
}

interface Needs extends Pick<WizardDependencies, 'memory' | 'openEditor' | 'pickImages' | 'pickRemixSource'> {
  readonly credentials: CredentialsFeature;
  readonly images: ImageFitFeature;
  readonly sender: RequestSender;
}

/** Creates the wizard, with the presets that it offers. */
export function createWizard(
  context: AppContext,
  { credentials, images, sender, memory, openEditor, pickImages, pickRemixSource }: Needs,
): Wizard {
  const { catalog, customModels, settings, tasksView, runInBackground, execute, l10n } = context;
  const { gatewayModels, setKey } = credentials;
  const presets = createPresets(context);
  const host = () => {
    const baseUrl = settings.baseUrl();
    return baseUrl === undefined ? undefined : new URL(baseUrl).host;
  };
  const dependencies = {
    ...context,
    ...{ memory, host, openEditor, pickImages, pickRemixSource },
    readClipboard: () => env.clipboard.readText(),
    warningFor: (modelId: string) => modelWarning(modelId, catalog, gatewayModels.ids, l10n),
    remember: async (model: Model) => customModels.add(model),
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
    ...{ sender, memory, presets, setKey },
    runGenerateWizard: async (start: WizardOptions) => {
      // For the next time. Don't wait for it.
      runInBackground(gatewayModels.refresh());
      const models = modelChoices(catalog, gatewayModels.ids);
      return runGenerateWizard({ ...dependencies, models, defaultModel: settings.defaultModel() }, start);
    },
    reveal: (id) => runInBackground(Promise.resolve(tasksView.reveal(id, { select: true, focus: false }))),
  };
}
