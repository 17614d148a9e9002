import type { L10n } from '../../../core/common/l10n';
import { isModelId, type Catalog, type Model } from '../../../core/models/catalog';
import { modeLabel, type Mode } from '../../../core/models/modes';
import { keyEnteredMessage, type KeyCheck } from '../../../core/tasks/keyGuard';
import { modelName } from '../../labels/optionLabels';
import { escapeQuickPickText } from '../../labels/taskLabels';
import { familyChoices } from './familyChoices';
import { pickOne, inputText, type Answer, type PickItem, type StepPosition } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

export interface PickModelOptions {
  readonly catalog: Catalog;
  readonly inputs: QuickInputs;
  readonly place: StepPosition;
  /** Those that can make a video from what there is. */
  readonly models: readonly Model[];
  /** What the video is made from. */
  readonly mode: Mode;
  /** The ids of the model that Enter takes at first, and of the one of last time. */
  readonly current: string | undefined;
  readonly last: string | undefined;
  readonly hintOf: (modelId: string) => string | undefined;
  /** Keeps a model that was entered here, for the next time. */
  readonly remember: (model: Model) => Promise<void>;
  readonly looksLikeKey: KeyCheck;
  readonly l10n: L10n;
}

/** Asks for a model: one of those that are offered, or any other by its id. */
export async function pickModel(question: PickModelOptions): Promise<Answer<Model>> {
  for (;;) {
    const answer = await askOffered(question);
    if (answer.kind !== 'value') return answer;
    if (answer.value !== 'another') return { kind: 'value', value: answer.value };
    const another = await askAnother(question);
    if (another.kind !== 'back') return another;
  }
}

/** What a model is called, where the id has to be seen too, because it is what is sent. */
export function modelLabels({ id, label }: Pick<Model, 'id' | 'label'>): readonly string[] {
  return label === undefined ? [id] : [escapeQuickPickText(label), id];
}

async function askOffered(question: PickModelOptions): Promise<Answer<Model | 'another'>> {
  const { inputs, place, models, current, last, hintOf, l10n } = question;
  const items = models.map((model): PickItem<Model> => {
    const { id, label } = model;
    const hint = hintOf(id);
    const remarks = [...(label === undefined ? [] : [id]), ...(id === last ? [l10n.t('last used')] : [])];
    return {
      value: model,
      label: escapeQuickPickText(modelName(model)),
      ...(remarks.length > 0 ? { description: remarks.join(' · ') } : {}),
      ...(hint === undefined ? {} : { detail: hint }),
    };
  });
  const families = [...new Set(models.map(({ family }) => family))];
  return pickOne<Model | 'another'>(inputs, {
    title: l10n.t('Generate Video'),
    place,
    placeholder: l10n.t('Which model?'),
    items: [
      ...families.flatMap((family) => [
        inputs.separator(family.label(l10n)),
        ...items.filter(({ value }) => value.family === family),
      ]),
      inputs.separator(''),
      {
        value: 'another',
        label: `$(edit) ${l10n.t('Another Model…')}`,
        detail: l10n.t('Enter its id; it is added to your setting “nebulaVideo.models”.'),
      },
    ],
    active: items.find(({ value }) => value.id === current),
  });
}

/** Asks for an id, and for its family where the id tells none (API reference 7.1). */
async function askAnother(question: PickModelOptions): Promise<Answer<Model>> {
  const { catalog, inputs, place, models, remember, l10n } = question;
  let id = '';
  for (;;) {
    const entered = await inputText(inputs, {
      ...{ title: l10n.t('Another Model'), place, nested: true, value: id, selected: false, buttons: [] },
      placeholder: l10n.t('For example: sora-3'),
      hint: l10n.t('The id of the model, as the gateway calls it.'),
      judge: (text) => {
        const message = cardError(text.trim(), question);
        return message === undefined ? undefined : { message, weight: 'error' };
      },
      onChange: () => undefined,
    });
    if (entered.kind !== 'value') return entered;
    id = entered.value.trim();
    const offered = models.find((model) => model.id === id);
    if (offered) return { kind: 'value', value: offered };
    const family = catalog.familyOf(id);
    if (family) {
      await remember({ id, family });
      return { kind: 'value', value: { id, family } };
    }
    const model = await pickFamily(id, question);
    if (model.kind !== 'back') return model;
  }
}

/** Asks which family a model belongs to whose id does not tell, and remembers it. */
export async function pickFamily(
  id: string,
  {
    catalog,
    inputs,
    place,
    mode,
    remember,
    l10n,
  }: Omit<PickModelOptions, 'models' | 'current' | 'last' | 'hintOf' | 'looksLikeKey'>,
): Promise<Answer<Model>> {
  const answer = await pickOne(inputs, {
    ...{ title: l10n.t('Another Model'), place, nested: true },
    placeholder: l10n.t(
      'Which models is “{0}” like? That says what its requests look like.',
      escapeQuickPickText(id),
    ),
    items: familyChoices(catalog, (family) => family.modes(id).includes(mode), l10n),
  });
  if (answer.kind !== 'value') return answer;
  const model: Model = { id, family: answer.value };
  await remember(model);
  return { kind: 'value', value: model };
}

/** What keeps an id from being used, as a sentence. */
function cardError(id: string, { catalog, mode, looksLikeKey, l10n }: PickModelOptions): string | undefined {
  if (looksLikeKey(id)) return keyEnteredMessage(l10n);
  if (!isModelId(id)) return l10n.t('Enter an ID of letters, digits, and the characters . : / - _');
  const modes = catalog.familyOf(id)?.modes(id);
  if (!modes || modes.includes(mode)) return undefined;
  return l10n.t(
    'The model "{0}" cannot make a video from {1}. It takes: {2}.',
    id,
    modeLabel(mode, l10n),
    modes.map((one) => modeLabel(one, l10n)).join('; '),
  );
}
