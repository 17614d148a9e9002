import type { L10n } from '../../../core/common/l10n';
import type { Catalog, Model } from '../../../core/models/catalog';
import type { Mode } from '../../../core/models/modes';
import type { ResolvedOptions } from '../../../core/models/options';
import type { Options } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { CommandTitles } from '../../labels/commandTitles';
import type { ParsedPresets, Preset } from '../presets/presetStore';
import type { ChosenFit, WizardImages } from '../../imageFit/wizardImages';
import type { QuickInputs } from '../../common/quickInputs';
import type { WizardState } from './wizardState';

export interface WizardDependencies {
  readonly inputs: QuickInputs;
  readonly memory: WizardState;
  readonly catalog: Catalog;
  readonly models: readonly Model[];
  /** From the user's settings. */
  readonly defaultModel?: string | undefined;
  readonly warningFor: (modelId: string) => string | undefined;
  /** Stores a model that the user entered. */
  readonly remember: (model: Model) => Promise<void>;
  /** The gateway's host name. */
  readonly host: () => string | undefined;
  /** Opens a prompt editor, from which Generate from Prompt continues with the same choices. */
  readonly openEditor: (prompt: string, input: WizardInput) => Promise<void>;
  readonly readClipboard: () => Thenable<string>;
  /** Inspects images. @throws {@link Rejection} with a message for the user */
  readonly look: (sources: readonly string[]) => Promise<WizardImages>;
  /** @returns undefined if the user canceled, or after a message */
  readonly pickImages: (title: string) => Promise<PickedImages | undefined>;
  /** @returns undefined if the user canceled */
  readonly pickRemixSource: (title: string) => Promise<PickedRemix | undefined>;
  readonly presets: WizardPresets;
  readonly commandTitles: CommandTitles;
  readonly looksLikeKey: KeyCheck;
  /** Display language, for numbers. */
  readonly language: string;
  readonly l10n: L10n;
}

export interface WizardPresets {
  read(): ParsedPresets;
  save(request: VideoRequest): Promise<void>;
  remove(preset: Preset): Promise<void>;
  /** Opens the settings. */
  edit(): void;
}

/** Inputs of a request besides its prompt. */
export type Sources = Pick<VideoRequest, 'images' | 'remixOf'>;

/** Images that the user selected. */
export interface PickedImages {
  readonly sources: NonNullable<VideoRequest['images']>;
  readonly images: WizardImages;
}

/** A video to remix, by local or gateway ID, and the model that made it. */
export interface PickedRemix {
  readonly remixOf: string;
  readonly model: string;
}

/** Initial values of the wizard. The rest comes from the draft or the last choices. */
export interface WizardInput {
  readonly request?: Partial<VideoRequest>;
  /** Images of the request, if they were inspected before. */
  readonly images?: WizardImages | undefined;
  /** Local ID of the earlier task that this repeats or changes. */
  readonly basedOn?: string | undefined;
}

export interface WizardOptions extends WizardInput {
  readonly at: 'prompt' | 'summary';
  /** Makes several requests. */
  readonly batch?: Batch;
  /** Whether the prompt was written for this request and becomes the draft. Otherwise it's stored elsewhere. */
  readonly promptIsDraft?: boolean;
}

/** The choices so far. */
export interface Answers {
  /** Contains every option. */
  readonly request: VideoRequest;
  readonly model: Model;
  readonly mode: Mode;
  readonly resolved: ResolvedOptions;
}

/** How several requests are made from one. */
export interface Batch {
  /** True for a list of prompts. There's no prompt step then. */
  readonly hasPrompts: boolean;
  /** The row that says how the requests differ, if the user can choose that. */
  row(answers: Answers): { readonly label: string; readonly value: string } | undefined;
  /** Lets the user choose how they differ. */
  change(answers: Answers, title: string): Promise<'back' | 'cancel'>;
  /** Name of the option that varies. It has no separate row. */
  variedOption(answers: Answers): string | undefined;
  requests(answers: Answers): readonly VideoRequest[];
  /** Describes how a request differs from the others. */
  describe(request: VideoRequest, answers: Answers): { readonly label: string; readonly detail?: string };
}

export interface WizardResult {
  readonly request: VideoRequest;
  /** The requests of a batch. */
  readonly requests: readonly VideoRequest[];
  /** Images of the request, with the user's choices. */
  readonly images: WizardImages | undefined;
  /** Whether the prompt was written in the wizard, and so was the draft. */
  readonly written: boolean;
  /** How the images are fitted with these options, if there are images. */
  readonly fitsWith: (options: Options) => readonly ChosenFit[] | undefined;
}
