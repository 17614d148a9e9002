import { withPrefix, type Log } from '../../../core/common/log';
import type { AppContext } from '../../common/appContext';
import { entries, parsePresets, type ParsedPresets, type Preset, type PresetScope } from './preset';

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
