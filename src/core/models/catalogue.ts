import type { Family } from './family';
import { sora } from './sora';

/** A model that we know by name. */
export interface Model {
  readonly id: string;
  readonly family: Family;
}

/** The request shapes that we can write. Adding one is one file. */
const FAMILIES: readonly Family[] = [sora];

/** The ids we offer (API reference 7.1). Adding one is one row. */
export const MODELS: readonly Model[] = [{ id: 'sora-2', family: sora }];

/**
 * The family that a model id belongs to: ours by name, any other by its prefix (API reference 7.1),
 * because new ids of a known family come and go. Undefined when nobody can tell.
 */
export function familyOf(modelId: string): Family | undefined {
  const known = MODELS.find((model) => model.id === modelId);
  return known?.family ?? FAMILIES.find((family) => modelId.startsWith(family.prefix));
}
