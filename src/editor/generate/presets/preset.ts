import * as z from 'zod';
import { isModelId } from '../../../core/models/catalog';
import type { VideoRequest } from '../../../core/models/request';

/** Whose settings a preset stands in. */
export type PresetScope = 'user' | 'workspace';

/** A request that somebody has saved under a name. Without a prompt, one is asked for. */
export interface Preset extends Pick<VideoRequest, 'model' | 'options'> {
  readonly name: string;
  readonly scope: PresetScope;
  readonly prompt?: string;
}

/** What the settings have, and the names of what is no preset. */
export interface ParsedPresets {
  readonly presets: readonly Preset[];
  readonly strange: readonly string[];
}

/** A preset as it stands below its name. */
const entry = z.object({
  model: z.string().refine(isModelId),
  prompt: z.string().exactOptional(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
});

/** All that stands in a setting, by name. */
export const entries = z.record(z.string(), z.unknown());

/**
 * Reads the presets from the setting, by name. Of two with one name that of the workspace counts.
 * @param written the setting as it stands in each place; undefined where it does not
 */
export function parsePresets(written: Readonly<Record<PresetScope, unknown>>): ParsedPresets {
  const found = new Map<string, Preset>();
  const strange: string[] = [];
  for (const scope of ['user', 'workspace'] as const) {
    const all = entries.safeParse(written[scope] ?? {});
    if (!all.success) strange.push('nebulaVideo.presets');
    for (const [name, value] of Object.entries(all.data ?? {})) {
      const parsed = entry.safeParse(value);
      if (name.trim() !== '' && parsed.success)
        found.set(name, withoutBlank({ name, scope, ...parsed.data }));
      else strange.push(name);
    }
  }
  const presets = [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
  return { presets, strange: [...new Set(strange)] };
}

/** A blank prompt is one that is still to be written. */
function withoutBlank({ prompt, ...preset }: Preset): Preset {
  return prompt === undefined || prompt.trim() === '' ? preset : { ...preset, prompt };
}
