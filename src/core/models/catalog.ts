import type { L10n } from '../common/l10n';
import type { Family, ResultRoute } from './family';
import { parametersOf, type ModelAndMode } from './options';
import type { OptionTexts, OptionValue, Parameter, ParameterRole } from './parameter';
import type { VideoRequest } from './request';

/** A model, and how its requests look. */
export interface Model {
  readonly id: string;
  readonly family: Family;
  /** Product name, or the user's name for a model that they added. */
  readonly label?: string;
}

/** A model that the user has named, with the ID of its family. */
export interface CustomModel {
  readonly id: string;
  readonly family: string;
  readonly label?: string;
}

/**
 * @returns true if the text can be a model ID. IDs are displayed and stored, so nothing that could be mistaken for
 * other text is allowed.
 */
export function isModelId(text: string): boolean {
  return /^[\w.:/-]{1,100}$/.test(text);
}

/** The given families, their models, and the user's models. No other code knows a family by name. */
export class Catalog {
  readonly families: readonly Family[];
  readonly models: readonly Model[];
  /** The models to offer. */
  readonly listedModels: readonly Model[];
  readonly #customModels: () => readonly CustomModel[];
  #parameters: ReadonlyMap<string, readonly Parameter[]> | undefined;

  /** @param customModels called for each use. Models of unknown families are ignored. */
  constructor(families: readonly Family[], customModels: () => readonly CustomModel[] = () => []) {
    this.families = families;
    this.#customModels = customModels;
    const entries = families.flatMap((family) => family.models.map((entry) => ({ ...entry, family })));
    this.models = entries.map(({ id, label, family }) => ({ id, label, family }));
    this.listedModels = this.models.filter((_, index) => !entries[index]?.unlisted);
  }

  get customModels(): readonly Model[] {
    return this.#customModels().flatMap(({ id, family: familyId, label }) => {
      const family = this.family(familyId);
      return family ? [{ id, family, ...(label === undefined ? {} : { label }) }] : [];
    });
  }

  family(id: string): Family | undefined {
    return this.families.find((family) => family.id === id);
  }

  /**
   * Finds the family of a model: as set by the user, by name, or by prefix (API reference 7.1), because families get new
   * models all the time.
   * @returns undefined if the family is unknown
   */
  familyOf(modelId: string): Family | undefined {
    const known = [...this.customModels, ...this.models].find(({ id }) => id === modelId);
    const hasPrefix = ({ prefixes }: Family) => prefixes.some((prefix) => modelId.startsWith(prefix));
    return known?.family ?? this.families.find(hasPrefix);
  }

  /** A known model, or any other whose ID tells its family. */
  model(id: string): Model | undefined {
    const family = this.familyOf(id);
    return (
      [...this.customModels, ...this.models].find((model) => model.id === id) ?? (family && { id, family })
    );
  }

  /** A warning about a model, or undefined if there is none. */
  notice(modelId: string, l10n: L10n): string | undefined {
    return this.familyOf(modelId)?.notice?.(modelId, l10n);
  }

  /** The first family that supports remixes. */
  get remixFamily(): RemixFamily | undefined {
    return this.families.map(toRemixFamily).find((found) => found !== undefined);
  }

  /** Finds the family of a task ID by its prefix. */
  familyOfTaskId(gatewayTaskId: string): Family | undefined {
    return this.families.find(({ taskIds }) => taskIds && gatewayTaskId.startsWith(taskIds.prefix));
  }

  /** Example of a task ID: of the model's family, or else of the first family with a prefix. */
  taskIdExample(modelId: string): string {
    const own = this.familyOf(modelId)?.taskIds ?? this.families.find(({ taskIds }) => taskIds)?.taskIds;
    return own ? `${own.prefix}…` : '';
  }

  /** Whether a finished video with this task ID can be remixed. */
  canRemix(gatewayTaskId: string): boolean {
    return this.familyOfTaskId(gatewayTaskId)?.taskIds?.remixModel !== undefined;
  }

  /** How the video of a task is downloaded. */
  resultRoute(model: string, gatewayTaskId: string | undefined): ResultRoute {
    const byTask = gatewayTaskId === undefined ? undefined : this.familyOfTaskId(gatewayTaskId);
    return [this.familyOf(model), byTask].some((family) => family?.result === 'download')
      ? 'download'
      : 'link';
  }

  /**
   * Finds the texts of an option of a stored request, in its family or else in another: options come and go with models.
   * @returns undefined if the option is unknown and shown by its name
   */
  optionTexts(modelId: string, name: string): OptionTexts | undefined {
    return this.#parametersFor(modelId).find((parameter) => parameter.name === name);
  }

  /** Number of videos in a request, or NaN if it isn't a number. */
  requestedCount({ model, options = {} }: Pick<VideoRequest, 'model' | 'options'>): number {
    return Number(this.optionValue({ model, options }, 'count') ?? 1);
  }

  /** The value of the option with a role, if the request has it. */
  optionValue(
    { model, options = {} }: Pick<VideoRequest, 'model' | 'options'>,
    role: ParameterRole,
  ): OptionValue | undefined {
    return this.#parametersFor(model)
      .filter((parameter) => parameter.role === role)
      .map(({ name }) => options[name])
      .find((value) => value !== undefined);
  }

  /** Parameters of the model's family, then those of all others. */
  #parametersFor(modelId: string): readonly Parameter[] {
    this.#parameters ??= new Map(this.families.map((family) => [family.id, allParameters(family)]));
    const own = this.familyOf(modelId);
    return [...(own ? (this.#parameters.get(own.id) ?? []) : []), ...[...this.#parameters.values()].flat()];
  }
}

/** A family that supports remixes. */
export interface RemixFamily {
  readonly model: string;
  readonly taskIds: NonNullable<Family['taskIds']>;
}

function toRemixFamily({ taskIds }: Family): RemixFamily | undefined {
  return taskIds?.remixModel === undefined ? undefined : { model: taskIds.remixModel, taskIds };
}

/** All parameters of a family's models, once per name. */
export function allParameters(family: Family): readonly Parameter[] {
  const found = modelsAndModes(family).flatMap((subject) =>
    parametersOf(family, { ...subject, options: {} }),
  );
  return [...new Map(found.reverse().map((parameter) => [parameter.name, parameter])).values()];
}

/** All models and prefixes of a family, with each of their modes. */
export function modelsAndModes(family: Family): readonly ModelAndMode[] {
  const ids = [...family.models.map(({ id }) => id), ...family.prefixes];
  return ids.flatMap((model) => family.modes(model).map((mode) => ({ model, mode })));
}
