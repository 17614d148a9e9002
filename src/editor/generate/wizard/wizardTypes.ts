import type { L10n } from '../../../core/common/l10n';
import type { Catalog, Model } from '../../../core/models/catalog';
import type { Mode } from '../../../core/models/modes';
import type { ResolvedOptions } from '../../../core/models/options';
import type { Options } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { ParsedPresets, Preset } from '../presets/presetStore';
import type { ChosenFit, WizardImages } from '../../imageFit/imagesStep';
import type { StepPosition, Step } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';
import type { WizardState } from './wizardState';

/** What the wizard works with. */
export interface WizardDependencies {
  readonly inputs: QuickInputs;
  readonly memory: WizardState;
  readonly catalog: Catalog;
  readonly models: readonly Model[];
  /** The one to begin with, where the user has said so. */
  readonly defaultModel?: string | undefined;
  readonly hintOf: (modelId: string) => string | undefined;
  /** Keeps a model whose id was entered, for the next time. */
  readonly remember: (model: Model) => Promise<void>;
  /** Where the request would go, as the user knows it. */
  readonly host: () => string | undefined;
  /** Opens an editor with the prompt; from there it goes on with Send Prompt, and with what was begun here. */
  readonly openEditor: (prompt: string, begun: WizardInput) => Promise<void>;
  /**
   * Looks at images. @throws {@link Rejection} with a sentence for the user
   */
  readonly look: (sources: readonly string[]) => Promise<WizardImages>;
  readonly presets: WizardPresets;
  readonly looksLikeKey: KeyCheck;
  /** Numbers in the user's way of writing. */
  readonly language: string;
  readonly l10n: L10n;
}

/** The requests that were saved, as far as the wizard goes; each question that this takes is asked elsewhere. */
export interface WizardPresets {
  read(): ParsedPresets;
  save(request: VideoRequest): Promise<void>;
  remove(preset: Preset): Promise<void>;
  /** Shows them in the settings. */
  edit(): void;
}

/** What is known of a request before anybody is asked. */
export interface WizardInput {
  /** What is asked for already; what is missing comes from the draft or from last time. */
  readonly request?: Partial<VideoRequest>;
  /** Its images, once they were looked at. */
  readonly images?: WizardImages | undefined;
  /** The earlier task that this asks for again, changed or not; by our id. */
  readonly basedOn?: string | undefined;
}

/** How the wizard begins. */
export interface WizardOptions extends WizardInput {
  /** The first question; Back reaches the ones before it. */
  readonly at: 'prompt' | 'afterPrompt' | 'summary';
  /** Steps in place of the wizard's last word. */
  readonly finalSteps?: (answers: () => Answers) => readonly Step[];
  /** The prompt is not asked for: there are several, and they have a place of their own. */
  readonly hasFixedPrompt?: true;
  /** Whether the prompt was written for this, and so becomes the draft; otherwise it has a place of its own. */
  readonly promptIsDraft?: boolean;
}

/** What has been answered, for steps that come behind the wizard's own. */
export interface Answers {
  /** Every option is in it. */
  readonly request: VideoRequest;
  readonly model: Model;
  readonly mode: Mode;
  readonly settled: ResolvedOptions;
  /** What else is to be known before it is sent. */
  readonly hints: readonly string[];
  /** What becomes of the images with other options than these, in a sentence; undefined when they go as they are. */
  readonly noteOn: (options: Options) => string | undefined;
  /** How the images are fitted with other options than these; undefined where there are none. */
  readonly fitsWith: (options: Options) => readonly ChosenFit[] | undefined;
  /** Asks for options without a step of their own, until the person goes back. */
  readonly changeOptions: (place: StepPosition) => Promise<'back' | 'away'>;
}

/** What came of the wizard. */
export interface WizardResult {
  readonly request: VideoRequest;
  /** Whether the prompt was written for this, and so was the draft until now. */
  readonly written: boolean;
  /** How the images of the request are fitted, where it has some. */
  readonly fits?: readonly ChosenFit[];
}
