import type { Clock } from '../common/clock';
import type { Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import { isOriginKind, type OriginKind } from '../common/originKind';
import { originOf } from '../gateway/baseUrl';
import type { HttpConnector } from '../gateway/http';
import { probeOrigin, recognizeOrigin, signsInHeaders, type OriginSign } from '../gateway/originKind';
import type { OriginState } from '../store/record';
import type { TaskStore } from '../store/store';
import { isPast } from './intervals';

const RECHECK_MS = 24 * 3_600_000;
const RETRY_MS = 3_600_000;

/**
 * Tracks what runs at each origin, which decides the rules about charges. An origin is checked after it accepted the key,
 * once a day across all windows. Nebula's own origin is recognized by its address, without requests.
 */
export class OriginKinds implements Disposable {
  readonly #store: TaskStore;
  readonly #http: HttpConnector;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #nebulaBaseUrl: string | undefined;
  readonly #stop = new AbortController();
  /** Time of this window's next check by origin, in ms since 1970. */
  readonly #nextCheck = new Map<string, number>();

  /** @param nebulaBaseUrl base URL of Nebula's own gateway; the real one if undefined */
  constructor(store: TaskStore, http: HttpConnector, clock: Clock, log: Log, nebulaBaseUrl?: string) {
    this.#store = store;
    this.#http = http;
    this.#clock = clock;
    this.#log = log;
    this.#nebulaBaseUrl = nebulaBaseUrl;
  }

  get(baseUrl: string): OriginKind {
    if (this.#isNebula(baseUrl)) return 'nebula';
    const { kind } = this.#store.origins.known(originOf(baseUrl));
    return isOriginKind(kind) ? kind : 'unknown';
  }

  /** Wraps a connector: a successful GET with the key starts a check of the gateway's kind, if one is due. */
  observe(open: HttpConnector): HttpConnector {
    return async (request) => {
      const opened = await open(request);
      // Nothing may disturb a paid request, and the first query follows in seconds.
      if (request.method !== 'GET' || request.headers['authorization'] === undefined) return opened;
      return {
        close: () => opened.close(),
        send: async (body, signal) => {
          const response = await opened.send(body, signal);
          if (response.status >= 200 && response.status < 300) {
            const baseUrl = baseUrlOf(request.url);
            if (baseUrl !== undefined) void this.#checkIfDue(baseUrl, signsInHeaders(response.headers));
          }
          return response;
        },
      };
    };
  }

  async #checkIfDue(baseUrl: string, seen: readonly OriginSign[]): Promise<void> {
    const origin = originOf(baseUrl);
    const now = this.#clock.now();
    if (!isPast(this.#nextCheck.get(origin), now, RECHECK_MS)) return;
    this.#nextCheck.set(origin, now + RETRY_MS);
    if (this.#store.state.kind !== 'open' || this.#isNebula(baseUrl)) return;
    try {
      if (await this.#claim(origin, now)) await this.#check(baseUrl, now, seen);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#log.debug(`the kind of ${origin} could not be checked: ${describeError(error)}`);
    }
  }

  /** Stores the time of the check as a claim, so that only one window checks. */
  async #claim(origin: string, now: number): Promise<boolean> {
    const isDue = ({ kindCheckedAt: at }: OriginState) => isPast(at && at + RECHECK_MS, now, RECHECK_MS);
    if (!isDue(this.#store.origins.known(origin))) return false;
    return this.#store.origins.update(origin, (state) =>
      isDue(state) ? { ...state, kindCheckedAt: now } : undefined,
    );
  }

  async #check(baseUrl: string, now: number, seen: readonly OriginSign[]): Promise<void> {
    const origin = originOf(baseUrl);
    const signs = await probeOrigin(this.#http, baseUrl, this.#stop.signal);
    if (!signs) {
      // Keep what is known, and check again sooner.
      await this.#store.origins.update(origin, (state) => ({
        ...state,
        kindCheckedAt: now - RECHECK_MS + RETRY_MS,
      }));
      return;
    }
    const all = new Set([...seen, ...signs]);
    const kind = recognizeOrigin(baseUrl, all, this.#nebulaBaseUrl);
    this.#log.debug(`${origin} is of the kind ${kind}: ${[...all].join(', ') || 'no sign'}`);
    await this.#store.origins.update(origin, (state) => ({ ...state, kind, kindCheckedAt: now }));
  }

  #isNebula(baseUrl: string): boolean {
    return recognizeOrigin(baseUrl, new Set(), this.#nebulaBaseUrl) === 'nebula';
  }

  dispose(): void {
    this.#stop.abort();
  }
}

/** Returns the base URL of an API call; undefined for other URLs. */
function baseUrlOf({ origin, pathname }: URL): string | undefined {
  const at = pathname.lastIndexOf('/v1/');
  return at === -1 ? undefined : origin + pathname.slice(0, at);
}
