import type { Family } from '../family';
import { legacy } from './legacy';
import { seedance } from './seedance';
import { sora } from './sora';
import { veo } from './veo';
import { wan } from './wan';

/** The request shapes that we can write. Adding one is one file, and one line here. */
export const FAMILIES: readonly Family[] = [sora, veo, wan, seedance, legacy];
