import type { Clock } from '../../../src/core/common/clock';
import { GatewayError } from '../../../src/core/gateway/errors';
import type { HttpRequest, HttpConnector } from '../../../src/core/gateway/http';
import type { CannedResponse } from '../../support/replyCases';

/** A request as the server would see it. */
export interface SeenRequest {
  readonly method: string;
  readonly href: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly at: number;
}

/** A response, an error instead of one, or no response at all. */
export type Scripted = Partial<CannedResponse> | GatewayError | 'hang';

/** HTTP without a socket. The test's function responds to each request, and requests are recorded. */
export class ScriptedHttp {
  readonly requests: SeenRequest[] = [];
  respond: (request: SeenRequest) => Scripted | Promise<Scripted>;
  readonly #clock: Clock;
  #active = 0;

  constructor(clock: Clock, respond: ScriptedHttp['respond']) {
    this.#clock = clock;
    this.respond = respond;
  }

  /** Exchanges in progress, without hanging ones. */
  get active(): number {
    return this.#active;
  }

  /** Number of requests with this method and target. */
  count(method: string, target: string | RegExp = /./): number {
    return this.requests.filter(
      (request) =>
        request.method === method &&
        (typeof target === 'string' ? request.target === target : target.test(request.target)),
    ).length;
  }

  readonly open: HttpConnector = (request) =>
    Promise.resolve({
      close: () => undefined,
      send: async (body, signal) => {
        const seen = this.#see(request, body);
        this.#active++;
        try {
          const scripted = await this.respond(seen);
          if (scripted instanceof GatewayError) throw scripted;
          if (scripted === 'hang') {
            this.#active--;
            try {
              await aborted(signal);
            } finally {
              this.#active++;
            }
            throw new GatewayError('aborted', 'ended by the extension');
          }
          const { status = 200, headers = {}, body: bytes = Buffer.alloc(0), cutAfter = false } = scripted;
          return { status, headers, body: pieces(bytes, cutAfter), close: () => undefined };
        } finally {
          this.#active--;
        }
      },
    });

  #see(request: HttpRequest, body: string | undefined): SeenRequest {
    const { pathname, search, href } = request.url;
    const seen = {
      method: request.method,
      href,
      target: request.target ?? pathname + search,
      headers: request.headers,
      body,
      at: this.#clock.now(),
    };
    this.requests.push(seen);
    return seen;
  }
}

/** A JSON body, as in most responses. */
export function json(value: unknown, status = 200): Partial<CannedResponse> {
  return { status, body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) };
}

/** A body in chunks, which may break off after the last one. */
export async function* pieces(bytes: Buffer, cutAfter: boolean): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
  await Promise.resolve();
  if (cutAfter) throw new GatewayError('cut', 'socket hang up');
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
