import type { L10n } from '../../../core/common/l10n';
import type { Catalog } from '../../../core/models/catalog';
import type { Family } from '../../../core/models/family';

/** A family that a model may belong to, for a list. */
export interface FamilyChoice {
  readonly value: Family;
  readonly label: string;
  readonly detail: string;
}

/** The families that people choose from where a model's id tells none. @param suits which of them can be meant */
export function familyChoices(
  { families }: Catalog,
  suits: (family: Family) => boolean,
  l10n: L10n,
): readonly FamilyChoice[] {
  return families.filter(suits).map((family) => ({
    value: family,
    label: family.label(l10n),
    detail: family.description(l10n),
  }));
}
