import type { Family } from './family';
import { legacy } from './legacy';
import { seedance } from './seedance';
import { sora } from './sora';
import { veo } from './veo';
import { wan } from './wan';

/** Every family the pretend gateway can play; one row each. */
export const families: readonly Family[] = [sora, veo, wan, seedance, legacy];

/** The family that serves a model, if any: otherwise the gateway has "no channel" for it (API reference 10.4). */
export function familyOf(model: string): Family | undefined {
  return families.find(
    ({ models, newerModels = [] }) => models.includes(model) || newerModels.includes(model),
  );
}
