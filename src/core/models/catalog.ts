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

/** The families and models that there are: those handed in, and the user's own. Nothing else knows a family by name. */
export class Catalog {
  readonly families: readonly Family[];
  /** The models that the families name. */
  readonly models: readonly Model[];
  /** Those of them that people choose from. */
  readonly listedModels: readonly Model[];
  readonly #customModels: () => readonly CustomModel[];
  #parameters: ReadonlyMap<string, readonly Parameter[]> | undefined;

  /** @param customModels is asked each time; what names no family of ours is passed over */
  constructor(families: readonly Family[], customModels: () => readonly CustomModel[] = () => []) {
    this.families = families;
    this.#customModels = customModels;
    const entries = families.flatMap((family) => family.models.map((entry) => ({ ...entry, family })));
    this.models = entries.map(({ id, label, family }) => ({ id, label, family }));
    this.listedModels = this.models.filter((_, index) => !entries[index]?.unlisted);
  }

  /** The user's own. */
  get customModels(): readonly Model[] {
    return this.#customModels().flatMap(({ id, family: familyId, label }) => {
      const family = this.family(familyId);
      return family ? [{ id, family, ...(label === undefined ? {} : { label }) }] : [];
    });
  }

  /** A family by its ID. */
  family(id: string): Family | undefined {
    return this.families.find((family) => family.id === id);
  }

  /**
   * The family that a model ID belongs to: that of the user's own by their word, ours by name, any other by its prefix
   * (API reference 7.1), because new IDs of a known family come and go. Undefined when nobody can tell.
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

  /** The first family that makes remixes. */
  get remixFamily(): RemixFamily | undefined {
    return this.families.map(toRemixFamily).find((found) => found !== undefined);
  }

  /** The family whose task IDs begin as this one does. */
  familyOfTaskId(gatewayTaskId: string): Family | undefined {
    return this.families.find(({ taskIds }) => taskIds && gatewayTaskId.startsWith(taskIds.prefix));
  }

  /** What a task ID looks like: of the model's family, or else of the first that has IDs of its own. */
  taskIdExample(modelId: string): string {
    const own = this.familyOf(modelId)?.taskIds ?? this.families.find(({ taskIds }) => taskIds)?.taskIds;
    return own ? `${own.prefix}…` : '';
  }

  /** Whether a finished video with this task ID can be remixed. */
  canRemix(gatewayTaskId: string): boolean {
    return this.familyOfTaskId(gatewayTaskId)?.taskIds?.remixModel !== undefined;
  }

  /** How the video of a task is reached. */
  resultRoute(model: string, gatewayTaskId: string | undefined): ResultRoute {
    const byTask = gatewayTaskId === undefined ? undefined : this.familyOfTaskId(gatewayTaskId);
    return [this.familyOf(model), byTask].some((family) => family?.result === 'download')
      ? 'download'
      : 'link';
  }

  /**
   * How an option of a stored request is shown. Options come and go with the models: where its family does not know one
   * by that name, another may. Undefined for a name that stands for itself.
   */
  optionTexts(modelId: string, name: string): OptionTexts | undefined {
    return this.#parametersFor(modelId).find((parameter) => parameter.name === name);
  }

  /** How many videos a request asks for; NaN where it says so in no number. */
  requestedCount({ model, options = {} }: Pick<VideoRequest, 'model' | 'options'>): number {
    return Number(this.#valueByRole(model, options, 'count') ?? 1);
  }

  #valueByRole(
    modelId: string,
    options: Readonly<Record<string, OptionValue>>,
    role: ParameterRole,
  ): OptionValue | undefined {
    return this.#parametersFor(modelId)
      .filter((parameter) => parameter.role === role)
      .map(({ name }) => options[name])
      .find((value) => value !== undefined);
  }

  /** The parameters of a model's family, then those of all the others. */
  #parametersFor(modelId: string): readonly Parameter[] {
    this.#parameters ??= new Map(this.families.map((family) => [family.id, allParameters(family)]));
    const own = this.familyOf(modelId);
    return [...(own ? (this.#parameters.get(own.id) ?? []) : []), ...[...this.#parameters.values()].flat()];
  }
}

/** A family that makes remixes. */
export interface RemixFamily {
  readonly model: string;
  /** What its task IDs look like. */
  readonly taskIds: NonNullable<Family['taskIds']>;
}

function toRemixFamily({ taskIds }: Family): RemixFamily | undefined {
  return taskIds?.remixModel === undefined ? undefined : { model: taskIds.remixModel, taskIds };
}

/** Every parameter of a family, once for each name: of the models it names, and of others with its prefixes. */
export function allParameters(family: Family): readonly Parameter[] {
  const found = modelsAndModes(family).flatMap((subject) =>
    parametersOf(family, { ...subject, options: {} }),
  );
  return [...new Map(found.reverse().map((parameter) => [parameter.name, parameter])).values()];
}

/** What a family can be asked for: each model it names, and any other with a prefix of it, in each of its modes. */
export function modelsAndModes(family: Family): readonly ModelAndMode[] {
  const ids = [...family.models.map(({ id }) => id), ...family.prefixes];
  return ids.flatMap((model) => family.modes(model).map((mode) => ({ model, mode })));
}
