import { withPrefix, type Log } from '../../../core/common/log';
import type { AppContext } from '../../common/appContext';
import * as z from 'zod/mini';
import { isModelId } from '../../../core/models/catalog';
import type { VideoRequest } from '../../../core/models/request';

interface Dependencies extends Pick<AppContext, 'log'> {
  /** The setting as it is written in each place; a workspace that is not trusted has none. */
  readonly written: () => Readonly<Record<PresetScope, unknown>>;
  /** Writes the setting in one place; undefined takes it away. */
  readonly write: (scope: PresetScope, value: unknown) => Promise<void>;
}

/** The presets in the user's and the workspace's settings. */
export class PresetStore {
  readonly #deps: Dependencies;
  readonly #log: Log;
  /** What the log has already said. */
  #lastSaid = '';

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'presets');
  }

  read(): ParsedPresets {
    const found = parsePresets(this.#deps.written());
    const names = found.strange.join(', ');
    if (names !== '' && names !== this.#lastSaid) {
      this.#log.warn(`not presets, and passed over: ${names}. Each needs a "model".`);
    }
    this.#lastSaid = names;
    return found;
  }

  /** Whether something stands under this name in one place, sense or nonsense. */
  has(name: string, scope: PresetScope): boolean {
    return Object.hasOwn(entries.safeParse(this.#deps.written()[scope]).data ?? {}, name);
  }

  /** Writes a preset in the place of what stands under its name. @throws what the editor says where it can't write */
  async save({ name, scope, ...preset }: Preset): Promise<void> {
    await this.#deps.write(scope, { ...this.#entries(scope), [name]: preset });
  }

  /** @throws what the editor says where it can't write */
  async remove({ name, scope }: Pick<Preset, 'name' | 'scope'>): Promise<void> {
    const others = Object.entries(this.#entries(scope)).filter(([one]) => one !== name);
    await this.#deps.write(scope, others.length === 0 ? undefined : Object.fromEntries(others));
  }

  /** What stands there now. @throws where that can't be added to without losing it */
  #entries(scope: PresetScope): Readonly<Record<string, unknown>> {
    return entries.parse(this.#deps.written()[scope] ?? {});
  }
}

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
  model: z.string().check(z.refine(isModelId)),
  prompt: z.exactOptional(z.string()),
  options: z.exactOptional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
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
