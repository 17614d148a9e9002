import type { Family } from './family';
import { legacy } from './families/legacy';
import { seedance } from './families/seedance';
import { sora } from './families/sora';
import { veo } from './families/veo';
import { wan } from './families/wan';

/** A model that we know by name. */
export interface Model {
  readonly id: string;
  readonly family: Family;
  /** Known, but not to be offered: the reference has it from the gateway's code alone (API reference 13 row 29). */
  readonly unlisted?: true;
  /** What a user calls one of their own. */
  readonly label?: string;
}

/** The request shapes that we can write. Adding one is one file. */
export const FAMILIES: readonly Family[] = [sora, veo, wan, seedance, legacy];

/** The ids we know (API reference 7.1). Adding one is one row. */
export const MODELS: readonly Model[] = [
  { id: 'sora-2', family: sora },
  { id: 'sora-2-pro', family: sora, unlisted: true },
  { id: 'veo-3.1-generate-preview', family: veo },
  { id: 'veo-3.1-fast-generate-preview', family: veo },
  { id: 'veo-3.0-generate-001', family: veo },
  { id: 'veo-3.0-generate-preview', family: veo },
  { id: 'veo-3.0-fast-generate-001', family: veo },
  { id: 'wan2.5-t2v-preview', family: wan },
  { id: 'wan2.5-i2v-preview', family: wan },
  { id: 'doubao-seedance-1-5-pro-251215', family: seedance },
  { id: 'doubao-seedance-1-5-pro-251215-noAudio', family: seedance },
  { id: 'doubao-seedance-1-0-pro-250528', family: seedance },
  { id: 'doubao-seedance-1-0-lite-t2v-250428', family: seedance },
  { id: 'doubao-seedance-1-0-lite-i2v-250428', family: seedance },
  { id: 'kling-v2-master', family: legacy },
  { id: 'kling-v1-6', family: legacy },
  { id: 'kling-v1', family: legacy },
  { id: 'doubao-video-v1', family: legacy },
  { id: 'jimeng_vgfm_t2v_l20', family: legacy },
];

/** The models that people choose from. */
export const LISTED_MODELS: readonly Model[] = MODELS.filter(({ unlisted }) => !unlisted);

/** Whether a text can be a model's ID: it's shown and stored, so nothing that could pass for other text. */
export function isModelId(text: string): boolean {
  return /^[\w.:/-]{1,100}$/.test(text);
}

/**
 * The family that a model id belongs to: that of the user's own by their word, ours by name, any other by its prefix
 * (API reference 7.1), because new ids of a known family come and go. Undefined when nobody can tell.
 */
export function familyOf(modelId: string, own: readonly Model[] = []): Family | undefined {
  const known = [...own, ...MODELS].find((model) => model.id === modelId);
  const hasPrefix = ({ prefixes }: Family) => prefixes.some((prefix) => modelId.startsWith(prefix));
  return known?.family ?? FAMILIES.find(hasPrefix);
}
