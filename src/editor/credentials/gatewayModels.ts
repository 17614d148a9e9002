import * as z from 'zod/mini';
import { describeError } from '../../core/common/log';
import type { KeySource } from '../../core/gateway/apiKey';
import { originOf } from '../../core/gateway/baseUrl';
import type { AppContext } from '../common/appContext';
import type { Memento } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import type { Settings } from '../common/settings';

/** Memento key. */
const MEMENTO = 'gateway.models';
/** Maximum number of IDs to store. A gateway lists a few hundred models. */
const MAX_REMEMBERED_IDS = 2000;
/** How long a list is considered current. */
const MODEL_LIST_TTL_MS = 10 * 60_000;

const remembered = z.object({ baseUrl: z.string(), at: z.number(), ids: z.array(z.string()) });

interface Dependencies extends Pick<AppContext, 'clock' | 'log'> {
  readonly memory: Memento;
  readonly keys: KeySource;
  readonly settings: Pick<Settings, 'baseUrl'>;
  readonly engine: Pick<EngineAccess, 'open'>;
}

/**
 * The models that the gateway last listed for the key (`GET /v1/models`, API reference 6.1). Only a hint for the
 * user: it never blocks a request.
 */
export class GatewayModels {
  readonly #deps: Dependencies;
  #asking: Promise<void> | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Model IDs of the current gateway, or undefined if unknown. */
  get ids(): ReadonlySet<string> | undefined {
    const last = this.#last();
    return last && new Set(last.ids);
  }

  /** Stores a list from the gateway. */
  async update(baseUrl: string, ids: readonly string[]): Promise<void> {
    const { memory, clock, log } = this.#deps;
    try {
      await memory.update(MEMENTO, { baseUrl, at: clock.now(), ids: ids.slice(0, MAX_REMEMBERED_IDS) });
    } catch (error) {
      log.warn(`[models] the list could not be kept: ${describeError(error)}`);
    }
  }

  /** Clears the list. Another key may have access to other models. */
  async forget(): Promise<void> {
    await this.#deps.memory.update(MEMENTO, undefined);
  }

  /** Updates the list if it's outdated. Never prompts the user. Failures are only logged. */
  async refresh(): Promise<void> {
    const last = this.#last();
    const age = last && this.#deps.clock.now() - last.at;
    if (age !== undefined && age >= 0 && age < MODEL_LIST_TTL_MS) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { keys, settings, log } = this.#deps;
    const baseUrl = settings.baseUrl();
    if (baseUrl === undefined) return;
    try {
      const answer = await keys.keyFor(originOf(baseUrl));
      if (answer.kind !== 'key') return;
      const engine = await this.#deps.engine.open();
      await this.update(baseUrl, await engine.client.models({ baseUrl, key: answer.key }));
    } catch (error) {
      log.debug(`[models] the gateway's list could not be read: ${describeError(error)}`);
    }
  }

  #last() {
    const last = remembered.safeParse(this.#deps.memory.get(MEMENTO)).data;
    return last?.baseUrl === this.#deps.settings.baseUrl() ? last : undefined;
  }
}
