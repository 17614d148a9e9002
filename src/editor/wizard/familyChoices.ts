import type { L10n } from '../../core/common/l10n';
import { FAMILIES } from '../../core/models/catalogue';
import type { Family } from '../../core/models/family';

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
    detail: familySentence(family.id, l10n),
  }));
}

/** What a family is, in one sentence. */
function familySentence(id: string, l10n: L10n): string {
  switch (id) {
    case 'sora':
      return l10n.t('Like OpenAI’s Sora: a length and a size; from text, one image, or an earlier video.');
    case 'veo':
      return l10n.t(
        'Like Google’s Veo: a length, a shape and a resolution; from text, a first image, or a first and a last one.',
      );
    case 'wan':
      return l10n.t(
        'Like Ali’s Wanxiang: a length and a size, and sound of your own; from text or one image.',
      );
    case 'seedance':
      return l10n.t(
        'Like Doubao’s Seedance: a length, a shape and a resolution; from text or several images.',
      );
    case 'legacy':
      return l10n.t(
        'Like the models of 2025, such as Kling: a length, a width and a height; from text or images.',
      );
    default:
      return '';
  }
}
