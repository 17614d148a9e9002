import type { L10n } from '../../../core/common/l10n';
import { isModelId, type Catalog, type Model } from '../../../core/models/catalog';
import type { Family } from '../../../core/models/family';
import type { Mode } from '../../../core/models/modes';
import { keyEnteredMessage } from '../../../core/tasks/keyGuard';
import type { Answer, PickItem } from '../../common/quickInputs';
import { modelName } from '../../labels/optionLabels';
import { escapeQuickPickText } from '../../labels/taskLabels';
import { hasRow } from './pickOption';
import type { WizardDependencies } from './wizardTypes';

type Dependencies = Pick<
  WizardDependencies,
  'catalog' | 'inputs' | 'warningFor' | 'remember' | 'looksLikeKey' | 'l10n'
>;

export interface PickModelOptions {
  readonly title: string;
  /** Models that support the mode. */
  readonly models: readonly Model[];
  readonly mode: Mode;
  /** ID of the model that is active at first. */
  readonly current: string | undefined;
  readonly last: string | undefined;
}

/** Lets the user select a model, or enter the ID of another one. */
export async function pickModel(deps: Dependencies, options: PickModelOptions): Promise<Answer<Model>> {
  for (;;) {
    const answer = await pickListed(deps, options);
    if (answer.kind !== 'value') return answer;
    if (answer.value !== 'other') return { kind: 'value', value: answer.value };
    const other = await inputModel(deps, options);
    if (other.kind !== 'back') return other;
  }
}

/** The name and ID of a model. The ID is always shown, because it's what is sent. */
export function modelLabels({ id, label }: Pick<Model, 'id' | 'label'>): readonly string[] {
  return label === undefined ? [id] : [escapeQuickPickText(label), id];
}

/**
 * The models to choose from: the user's own, known ones, and others that the gateway lists if their IDs tell the
 * family.
 * @param listed IDs that the gateway lists, or undefined if unknown
 */
export function modelChoices(catalog: Catalog, listed: ReadonlySet<string> | undefined): readonly Model[] {
  const { customModels, models, listedModels } = catalog;
  const customIds = new Set(customModels.map(({ id }) => id));
  const known = new Set([...customIds, ...models.map(({ id }) => id)]);
  // Unlisted models are offered if the gateway has them.
  const offered = models.filter((model) => listedModels.includes(model) || listed?.has(model.id) === true);
  const others = [...(listed ?? [])].flatMap((id) => {
    const family = known.has(id) ? undefined : catalog.familyOf(id);
    return family ? [{ id, family }] : [];
  });
  return [...customModels, ...offered.filter(({ id }) => !customIds.has(id)), ...others];
}

/** @returns what the user should know before choosing a model, or undefined */
export function modelWarning(
  modelId: string,
  catalog: Catalog,
  listed: ReadonlySet<string> | undefined,
  l10n: L10n,
): string | undefined {
  // The gateway's list is more reliable than notices about the provider.
  if (!listed) return catalog.notice(modelId, l10n);
  return listed.has(modelId) ? undefined : l10n.t('Not listed for your API key');
}

export interface FamilyChoice {
  readonly value: Family;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Maximum number of models named as examples of a family. */
const MAX_EXAMPLES = 2;

/** Families with examples of their models and the options that such models have. */
export function familyChoices(
  { families }: Catalog,
  suits: (family: Family) => boolean,
  l10n: L10n,
): readonly FamilyChoice[] {
  return families.filter(suits).map((family) => {
    const ids = family.models.map(({ id }) => id);
    const parameters = family.parameters({ model: ids[0] ?? '', mode: 'text', options: {} });
    return {
      value: family,
      label: family.label(l10n),
      description: ids.slice(0, MAX_EXAMPLES).join(', '),
      detail: parameters
        .filter(hasRow)
        .map(({ label }) => label(l10n))
        .join(', '),
    };
  });
}

async function pickListed(
  { inputs, warningFor, l10n }: Dependencies,
  { title, models, current, last }: PickModelOptions,
): Promise<Answer<Model | 'other'>> {
  const items = models.map((model): PickItem<Model> => {
    const { id, label } = model;
    const warning = warningFor(id);
    const description = [
      ...(label === undefined ? [] : [id]),
      ...(id === last ? [l10n.t('last used')] : []),
    ].join(' · ');
    return {
      value: model,
      label: escapeQuickPickText(modelName(model)),
      ...(description === '' ? {} : { description }),
      ...(warning === undefined ? {} : { detail: warning }),
    };
  });
  const families = [...new Set(models.map(({ family }) => family))];
  return inputs.pick<Model | 'other'>({
    title,
    canGoBack: true,
    placeholder: l10n.t('Select a model'),
    items: [
      ...families.flatMap((family) => [
        inputs.separator(family.label(l10n)),
        ...items.filter(({ value }) => value.family === family),
      ]),
      inputs.separator(),
      { value: 'other', label: l10n.t('Other Model…') },
    ],
    active: items.find(({ value }) => value.id === current),
  });
}

/** Asks for a model ID, and for its family if the ID doesn't tell (API reference 7.1). */
async function inputModel(deps: Dependencies, options: PickModelOptions): Promise<Answer<Model>> {
  const { catalog, inputs, remember, l10n } = deps;
  const { title, models, mode } = options;
  let value = '';
  for (;;) {
    const entered = await inputs.input({
      title,
      canGoBack: true,
      value,
      placeholder: 'sora-3',
      hint: l10n.t("Enter a model ID (saved in 'nebulaVideo.models')"),
      validate: (text) => {
        const message = modelIdError(text.trim(), mode, deps);
        return message === undefined ? undefined : { message, severity: 'error' };
      },
    });
    if (entered.kind !== 'value') return entered;
    value = entered.value;
    const id = value.trim();
    const listed = models.find((model) => model.id === id);
    if (listed) return { kind: 'value', value: listed };
    const known = catalog.model(id);
    if (known) {
      await remember(known);
      return { kind: 'value', value: known };
    }
    const model = await pickFamily(id, title, mode, deps);
    if (model.kind !== 'back') return model;
  }
}

/** Asks for the family of a model and remembers it. */
export async function pickFamily(
  id: string,
  title: string,
  mode: Mode,
  { catalog, inputs, remember, l10n }: Dependencies,
): Promise<Answer<Model>> {
  const answer = await inputs.pick({
    title,
    canGoBack: true,
    placeholder: l10n.t("Select the model family for '{0}'", escapeQuickPickText(id)),
    items: familyChoices(catalog, (family) => family.modes(id).includes(mode), l10n),
  });
  if (answer.kind !== 'value') return answer;
  const model: Model = { id, family: answer.value };
  await remember(model);
  return { kind: 'value', value: model };
}

function modelIdError(
  id: string,
  mode: Mode,
  { catalog, looksLikeKey, l10n }: Dependencies,
): string | undefined {
  if (looksLikeKey(id)) return keyEnteredMessage(l10n);
  if (!isModelId(id)) return l10n.t('Use only letters, digits, and . : / - _');
  const modes = catalog.familyOf(id)?.modes(id);
  if (!modes || modes.includes(mode)) return undefined;
  return mode === 'text'
    ? l10n.t("'{0}' needs an image.", id)
    : l10n.t("'{0}' doesn't support these images or this remix source.", id);
}
