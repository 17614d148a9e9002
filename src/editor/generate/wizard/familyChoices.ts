import type { L10n } from '../../../core/common/l10n';
import { FAMILIES } from '../../../core/models/catalog';
import type { Family } from '../../../core/models/family';

/** A family that a model may belong to, for a list. */
export interface FamilyChoice {
  readonly value: Family;
  readonly label: string;
  readonly detail: string;
}

/** The families that people choose from where a model's id tells none. @param suits which of them can be meant */
export function familyChoices(suits: (family: Family) => boolean, l10n: L10n): readonly FamilyChoice[] {
  return FAMILIES.filter(suits).map((family) => ({
    value: family,
    label: family.id,
    detail: familyDescription(family.id, l10n),
  }));
}

/** What a family is, in one sentence. */
function familyDescription(id: string, l10n: L10n): string {
  switch (id) {
    case 'sora':
      return l10n.t('Like OpenAI’s Sora: length and size; text, an image, or an earlier video.');
    case 'veo':
      return l10n.t('Like Google’s Veo: length, shape, resolution; text, or one or two images.');
    case 'wan':
      return l10n.t('Like Ali’s Wanxiang: length and size, sound of your own; text or an image.');
    case 'seedance':
      return l10n.t('Like Doubao’s Seedance: length, shape, resolution; text or several images.');
    case 'legacy':
      return l10n.t('Like Kling and others of 2025: length, width, height; text or images.');
    default:
      return '';
  }
}
