import * as z from 'zod';
import { describeError } from '../../core/common/log';
import type { KeySource } from '../../core/gateway/apiKey';
import { originOf } from '../../core/gateway/baseUrl';
import type { AppContext } from '../common/appContext';
import type { Memento } from '../common/appContext';
import type { LazyEngine } from '../common/engineAccess';
import type { Settings } from '../common/settings';

/** Where it is remembered. */
const MEMENTO = 'gateway.models';
/** Most ids that are remembered; gateways of this kind list some hundred, of all kinds of models. */
const MAX_REMEMBERED_IDS = 2000;
/** How long a list is taken for new, in ms. */
const MODEL_LIST_TTL_MS = 10 * 60_000;

const remembered = z.object({ baseUrl: z.string(), at: z.number(), ids: z.array(z.string()) });

interface Dependencies extends Pick<AppContext, 'clock' | 'log'> {
  readonly memory: Memento;
  readonly keys: KeySource;
  readonly settings: Pick<Settings, 'baseUrl'>;
  readonly engines: Pick<LazyEngine, 'open'>;
}

/**
 * Which models the gateway offers to the key, as it has said last (`GET /v1/models`, API reference 6.1). A hint for
 * people and no more: nothing is forbidden by it.
 */
export class GatewayModels {
  readonly #deps: Dependencies;
  #asking: Promise<void> | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The ids of the gateway in use; undefined where it has not been heard. */
  get ids(): ReadonlySet<string> | undefined {
    const last = this.#last();
    return last && new Set(last.ids);
  }

  /** The gateway has listed these. */
  async heard(baseUrl: string, ids: readonly string[]): Promise<void> {
    const { memory, clock, log } = this.#deps;
    try {
      await memory.update(MEMENTO, { baseUrl, at: clock.now(), ids: ids.slice(0, MAX_REMEMBERED_IDS) });
    } catch (error) {
      log.warn(`[models] the list could not be kept: ${describeError(error)}`);
    }
  }

  /** Another key may use others. */
  async forget(): Promise<void> {
    await this.#deps.memory.update(MEMENTO, undefined);
  }

  /** Asks anew if it was long ago, without asking the user for anything; failing is logged and no more. */
  async refresh(): Promise<void> {
    const last = this.#last();
    const age = last && this.#deps.clock.now() - last.at;
    if (age !== undefined && age >= 0 && age < MODEL_LIST_TTL_MS) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { keys, settings, engines, log } = this.#deps;
    const baseUrl = settings.baseUrl();
    if (baseUrl === undefined) return;
    try {
      const answer = await keys.keyFor(originOf(baseUrl));
      if (answer.kind !== 'key') return;
      const engine = await engines.open();
      await this.heard(baseUrl, await engine.client.models({ baseUrl, key: answer.key }));
    } catch (error) {
      log.debug(`[models] the gateway's list could not be read: ${describeError(error)}`);
    }
  }

  #last() {
    const last = remembered.safeParse(this.#deps.memory.get(MEMENTO)).data;
    return last?.baseUrl === this.#deps.settings.baseUrl() ? last : undefined;
  }
}
