import { withPrefix, type Log } from '../../../core/common/log';
import { entries, parsePresets, type ParsedPresets, type Preset, type PresetScope } from './preset';

interface Parts {
  /** The setting as it is written in each place; a workspace that is not trusted has none. */
  readonly written: () => Readonly<Record<PresetScope, unknown>>;
  /** Writes the setting in one place; undefined takes it away. */
  readonly write: (scope: PresetScope, value: unknown) => Promise<void>;
  readonly log: Log;
}

/** The presets in the user's and the workspace's settings. */
export class PresetStore {
  readonly #parts: Parts;
  readonly #log: Log;
  /** What the log has already said. */
  #lastSaid = '';

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#log = withPrefix(parts.log, 'presets');
  }

  read(): ParsedPresets {
    const found = parsePresets(this.#parts.written());
    const names = found.strange.join(', ');
    if (names !== '' && names !== this.#lastSaid) {
      this.#log.warn(`not presets, and passed over: ${names}. Each needs a "model".`);
    }
    this.#lastSaid = names;
    return found;
  }

  /** Whether something stands under this name in one place, sense or nonsense. */
  has(name: string, scope: PresetScope): boolean {
    return Object.hasOwn(entries.safeParse(this.#parts.written()[scope]).data ?? {}, name);
  }

  /** Writes a preset in the place of what stands under its name. @throws what the editor says where it can't write */
  async save({ name, scope, ...preset }: Preset): Promise<void> {
    await this.#parts.write(scope, { ...this.#entries(scope), [name]: preset });
  }

  /** @throws what the editor says where it can't write */
  async remove({ name, scope }: Pick<Preset, 'name' | 'scope'>): Promise<void> {
    const others = Object.entries(this.#entries(scope)).filter(([one]) => one !== name);
    await this.#parts.write(scope, others.length === 0 ? undefined : Object.fromEntries(others));
  }

  /** What stands there now. @throws where that can't be added to without losing it */
  #entries(scope: PresetScope): Readonly<Record<string, unknown>> {
    return entries.parse(this.#parts.written()[scope] ?? {});
  }
}
