import type { L10n } from '../../../core/common/l10n';
import type { Catalog, Model } from '../../../core/models/catalog';

/**
 * The models that people choose from: their own, those that we know, and what the gateway lists beyond that, as far as
 * its ids tell a family.
 * @param listed by the gateway; undefined where it has not been heard
 */
export function modelChoices(catalog: Catalog, listed: ReadonlySet<string> | undefined): readonly Model[] {
  const { customModels: own, models, listedModels } = catalog;
  const known = new Set([...own, ...models].map(({ id }) => id));
  const others = [...(listed ?? [])].flatMap((id) => {
    const family = known.has(id) ? undefined : catalog.familyOf(id);
    return family ? [{ id, family }] : [];
  });
  const ownIds = new Set(own.map(({ id }) => id));
  // One that is not offered by itself is, where the gateway says that it has it.
  const ours = models.filter((model) => listedModels.includes(model) || listed?.has(model.id) === true);
  return [...own, ...ours.filter(({ id }) => !ownIds.has(id)), ...others];
}

/** What a person should know before they choose a model, in a sentence or two; undefined where there is nothing. */
export function modelWarning(
  modelId: string,
  catalog: Catalog,
  listed: ReadonlySet<string> | undefined,
  l10n: L10n,
): string | undefined {
  // Where the gateway lists it, what we have heard of its provider is no longer of interest.
  if (listed) {
    return listed.has(modelId)
      ? undefined
      : l10n.t('The gateway does not list this model for your key; it may refuse it.');
  }
  return catalog.notice(modelId, l10n);
}
