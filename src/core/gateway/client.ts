import * as z from 'zod';
import type { Clock } from '../common/clock';
import type { Log } from '../common/log';
import { parseJson, readErrorReply } from './errorReply';
import { GatewayError } from './errors';
import type { OpenHttp } from './http';
import { LIMITS, MAX_RESPONSE_BYTES } from './limits';
import { readQueryBody } from './queryBody';
import { readQueryReply, type QueryOutcome } from './queryReply';
import { redactOutcome, redactReply } from './redaction';
import { readSubmitReply, type SubmitOutcome } from './submitReply';
import { GatewayTransport, headersFor, queryUrl, readText, refusal, type Access } from './transport';

/** A submit whose connection stands; nothing of it has left yet. */
export interface PreparedSubmit {
  /** Sends it, once. Never throws for what the other side does: an unclear end is the outcome `unknown`. */
  send(): Promise<SubmitOutcome | { readonly kind: 'notSent'; readonly error: GatewayError }>;
  close(): void;
}

/** Shape of `GET /v1/models` (API reference 6.1), as far as we read it. */
const modelList = z.object({ data: z.array(z.looseObject({ id: z.string() })) });

/** Speaks the Nebula video API (API reference 4 to 6). One request at a time a call; retries are the caller's. */
export class GatewayClient {
  readonly #transport: GatewayTransport;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(open: OpenHttp, clock: Clock, log: Log) {
    this.#transport = new GatewayTransport(open, clock, log);
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Connects for a submit (`POST /v1/video/generations`, API reference 4). The caller notes that it is
   * about to send between this and {@link PreparedSubmit.send}.
   * @param signal gives up connecting; it has no effect on what is being sent
   * @param hasImages the gateway takes longer to respond then
   * @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`; nothing has left.
   */
  async prepareSubmit(
    access: Access,
    body: string,
    signal?: AbortSignal,
    hasImages = false,
  ): Promise<PreparedSubmit> {
    const url = new URL(`${access.baseUrl}/v1/video/generations`);
    const started = this.#clock.now();
    const request = await this.#transport.open({
      method: 'POST',
      url,
      headers: {
        ...headersFor(access.key),
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      },
      signal,
      limits: hasImages ? LIMITS.submitWithImages : LIMITS.submit,
    });
    return {
      close: () => request.close(),
      send: async () => {
        const arrived: Uint8Array[] = [];
        try {
          const reply = await request.send(body);
          this.#transport.note('POST', url, reply, started, access.key);
          // Redacted only after reading: in the raw text that could cost the task id or the JSON itself.
          const text = await readText(reply, arrived);
          const outcome = readSubmitReply(reply.status, text, this.#transport.retryAfter(reply));
          return 'error' in outcome ? { ...outcome, error: redactReply(outcome.error, access.key) } : outcome;
        } catch (error) {
          const failure = asGatewayError(error);
          this.#log.warn(`POST ${url.pathname} ${failure.kind}: ${failure.message}`);
          if (failure.nothingSent) return { kind: 'notSent', error: failure };
          // What had come of a broken reply is kept: the id of a paid task may be in it.
          const words = readErrorReply(Buffer.concat(arrived).toString('utf8')).message;
          const message = words === '' ? failure.message : `${failure.message}, after: ${words}`;
          return { kind: 'unknown', status: 0, error: redactReply({ message }, access.key) };
        }
      },
    };
  }

  /** Asks how a task is doing (`GET /v1/video/generations/{id}`, API reference 5). A broken exchange is a blip. */
  async query(access: Access, gatewayTaskId: string, signal?: AbortSignal): Promise<QueryOutcome> {
    const url = queryUrl(access, gatewayTaskId);
    try {
      const { reply } = await this.#transport.get(url, access, LIMITS.query, signal);
      const retryAfterMs = this.#transport.retryAfter(reply);
      if (reply.status >= 200 && reply.status < 300) {
        const value = await readQueryBody(reply.body, MAX_RESPONSE_BYTES);
        return redactOutcome(readQueryReply(reply.status, value, retryAfterMs), access.key);
      }
      const value = parseJson(await readText(reply));
      return redactOutcome(readQueryReply(reply.status, value, retryAfterMs), access.key);
    } catch (error) {
      const failure = asGatewayError(error);
      if (failure.kind === 'aborted') throw failure;
      this.#log.debug(`GET ${new URL(url).pathname} ${failure.kind}: ${failure.message}`);
      return { kind: 'blip', status: failure.status ?? 0, error: { message: failure.message } };
    }
  }

  /** The model ids that the key may use (`GET /v1/models`, API reference 6.1). @throws {@link GatewayError} */
  async models(access: Access, signal?: AbortSignal): Promise<readonly string[]> {
    const url = `${access.baseUrl}/v1/models`;
    const { reply } = await this.#transport.get(url, access, LIMITS.query, signal);
    await this.#transport.refuseUnlessGood(reply, access.key);
    const text = await readText(reply);
    const list = modelList.safeParse(parseJson(text));
    if (list.success) return list.data.data.map((model) => model.id);
    const error = redactReply(readErrorReply(text), access.key);
    if (error.message !== '') throw refusal(reply.status, error);
    throw new GatewayError('badReply', 'the list of models could not be read', { status: reply.status });
  }
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('badReply', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
