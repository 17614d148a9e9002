import type { Family } from './family';
import { legacy } from './legacy';
import { seedance } from './seedance';
import { sora } from './sora';
import { veo } from './veo';
import { wan } from './wan';

/** Every family that the pretend gateway can serve. */
export const families: readonly Family[] = [sora, veo, wan, seedance, legacy];

/**
 * Finds the family that serves a model. Without one, the gateway has "no channel" for it (API reference
 * 10.4).
 */
export function findFamily(model: string): Family | undefined {
  return families.find(
    ({ models, newerModels = [] }) => models.includes(model) || newerModels.includes(model),
  );
}
