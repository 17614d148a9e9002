import { withPrefix, type Log } from '../../../core/common/log';
import type { AppContext } from '../../common/appContext';
import * as z from 'zod/mini';
import { isModelId } from '../../../core/models/catalog';
import type { VideoRequest } from '../../../core/models/request';

interface Dependencies extends Pick<AppContext, 'log'> {
  /** The setting's value in each scope. An untrusted workspace has none. */
  readonly written: () => Readonly<Record<PresetScope, unknown>>;
  /** Writes the setting in a scope, or removes it if undefined. */
  readonly write: (scope: PresetScope, value: unknown) => Promise<void>;
}

/** The presets in the user's and the workspace's settings. */
export class PresetStore {
  readonly #deps: Dependencies;
  readonly #log: Log;
  /** Names in the last log entry, so that they're logged once. */
  #lastInvalidNames = '';

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'presets');
  }

  read(): ParsedPresets {
    const found = parsePresets(this.#deps.written());
    const names = found.invalid.join(', ');
    if (names !== '' && names !== this.#lastInvalidNames) {
      this.#log.warn(`invalid presets, ignored: ${names}. Each needs a "model".`);
    }
    this.#lastInvalidNames = names;
    return found;
  }

  /** Whether a scope has an entry with this name, valid or not. */
  has(name: string, scope: PresetScope): boolean {
    return Object.hasOwn(entries.safeParse(this.#deps.written()[scope]).data ?? {}, name);
  }

  /** Saves a preset, replacing one with the same name. @throws if VS Code can't write the setting */
  async save({ name, scope, ...preset }: Preset): Promise<void> {
    await this.#deps.write(scope, { ...this.#entries(scope), [name]: preset });
  }

  /** @throws if VS Code can't write the setting */
  async remove({ name, scope }: Pick<Preset, 'name' | 'scope'>): Promise<void> {
    const others = Object.entries(this.#entries(scope)).filter(([one]) => one !== name);
    await this.#deps.write(scope, others.length === 0 ? undefined : Object.fromEntries(others));
  }

  /** @returns the current entries. @throws if the value isn't an object, so that it isn't overwritten */
  #entries(scope: PresetScope): Readonly<Record<string, unknown>> {
    return entries.parse(this.#deps.written()[scope] ?? {});
  }
}

/** The settings that contain a preset. */
export type PresetScope = 'user' | 'workspace';

/** A saved request. Without a prompt, the user is asked for one. */
export interface Preset extends Pick<VideoRequest, 'model' | 'options'> {
  readonly name: string;
  readonly scope: PresetScope;
  readonly prompt?: string;
}

/** The presets in the settings, and the names of invalid ones. */
export interface ParsedPresets {
  readonly presets: readonly Preset[];
  readonly invalid: readonly string[];
}

/** A preset in the settings, without its name. */
const entry = z.object({
  model: z.string().check(z.refine(isModelId)),
  prompt: z.exactOptional(z.string()),
  options: z.exactOptional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
});

/** All entries of the setting, by name. */
export const entries = z.record(z.string(), z.unknown());

/**
 * Parses the presets, sorted by name. Workspace presets take precedence over user presets with the same name.
 * @param written the setting's value in each scope
 */
export function parsePresets(written: Readonly<Record<PresetScope, unknown>>): ParsedPresets {
  const found = new Map<string, Preset>();
  const invalid: string[] = [];
  for (const scope of ['user', 'workspace'] as const) {
    const all = entries.safeParse(written[scope] ?? {});
    if (!all.success) invalid.push('nebulaVideo.presets');
    for (const [name, value] of Object.entries(all.data ?? {})) {
      const parsed = entry.safeParse(value);
      if (name.trim() !== '' && parsed.success)
        found.set(name, withoutBlankPrompt({ name, scope, ...parsed.data }));
      else invalid.push(name);
    }
  }
  const presets = [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
  return { presets, invalid: [...new Set(invalid)] };
}

/** Treats a blank prompt as missing. */
function withoutBlankPrompt({ prompt, ...preset }: Preset): Preset {
  return prompt === undefined || prompt.trim() === '' ? preset : { ...preset, prompt };
}
