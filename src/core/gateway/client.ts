import type { Clock } from '../common/clock';
import type { Log } from '../common/log';
import { GatewayError } from './errors';
import { unparsedIn, type HttpResponse, type HttpConnector } from './http';
import { readTolerantJson } from './jsonReader';
import { asRecord, asText, knownObjects } from './jsonValues';
import { LIMITS, MAX_RESPONSE_BYTES } from './limits';
import { queryOutcome, submitOutcome, type QueryOutcome, type SubmitOutcome } from './outcomes';
import { redactResponse } from './redaction';
import { parseErrorValue, reportsError, type ErrorResponse } from './responseError';
import { readResponse, type ReadContext, type ResponseFacts } from './responseReader';
import { GatewayTransport, headersFor, queryUrl, refusedError, type GatewayCredentials } from './transport';

export type SubmitReading = Pick<ReadContext, 'remixOf' | 'closing'>;

/** A submit that is connected, but not sent. */
export interface OpenSubmit {
  /** Sends the request, once. If the exchange fails, the outcome is `unknown`. */
  send(
    reading?: SubmitReading,
  ): Promise<SubmitOutcome | { readonly kind: 'notSent'; readonly error: GatewayError }>;
  close(): void;
}

/** Client for the Nebula video API (API reference 4 to 6). Doesn't retry. */
export class GatewayClient {
  readonly #transport: GatewayTransport;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(open: HttpConnector, clock: Clock, log: Log) {
    this.#transport = new GatewayTransport(open, clock, log);
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Connects for a submit (`POST /v1/video/generations`, API reference 4). The caller must store that it's about to send
   * before it calls {@link OpenSubmit.send}.
   * @param signal cancels connecting only
   * @param hasImages allows the gateway more time to respond
   * @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`; nothing was sent
   */
  async prepareSubmit(
    access: GatewayCredentials,
    body: string,
    signal?: AbortSignal,
    hasImages = false,
  ): Promise<OpenSubmit> {
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
      send: async (reading = {}) => {
        try {
          const response = await request.send(body);
          this.#transport.logResponse('POST', url, response, started, access.key);
          return submitOutcome(await this.#read(response, access, { step: 'submit', ...reading }));
        } catch (thrown) {
          const failure = toGatewayError(thrown);
          this.#log.warn(`POST ${url.pathname} ${failure.kind}: ${failure.message}`);
          if (failure.nothingSent) return { kind: 'notSent', error: failure };
          const unparsed = unparsedIn(failure.cause);
          const error = toErrorResponse(failure, access);
          if (!unparsed) return { kind: 'unknown', status: 0, money: [], error };
          const response = unparsedResponse(unparsed, failure);
          const outcome = submitOutcome(await this.#read(response, access, { step: 'submit', ...reading }));
          return outcome.kind === 'accepted' ? outcome : { ...outcome, kind: 'unknown', error };
        }
      },
    };
  }

  /**
   * Queries the status of a task (`GET /v1/video/generations/{id}`, API reference 5). If the exchange fails, resolves
   * with `temporary`.
   * @throws {@link GatewayError} `aborted`
   */
  async query(
    access: GatewayCredentials,
    gatewayTaskId: string,
    signal?: AbortSignal,
  ): Promise<QueryOutcome> {
    const url = queryUrl(access, gatewayTaskId);
    try {
      const { response, isOwnOrigin } = await this.#transport.get(url, access, LIMITS.query, signal);
      const facts = await this.#read(response, access, { step: 'query', taskId: gatewayTaskId });
      // Another host's response, requested without the key, says nothing about the task or the key.
      return queryOutcome(isOwnOrigin ? facts : { ...facts, isComplete: false });
    } catch (error) {
      const failure = toGatewayError(error);
      if (failure.kind === 'aborted') throw failure;
      this.#log.debug(`GET ${new URL(url).pathname} ${failure.kind}: ${failure.message}`);
      const { status = 0, evidence } = failure;
      const kept = evidence ? { evidence: () => evidence } : {};
      return { kind: 'temporary', status, money: [], error: toErrorResponse(failure, access), ...kept };
    }
  }

  /** Returns the IDs of models that the key may use (`GET /v1/models`, API reference 6.1). @throws GatewayError */
  async models(access: GatewayCredentials, signal?: AbortSignal): Promise<readonly string[]> {
    const url = `${access.baseUrl}/v1/models`;
    const { response } = await this.#transport.get(url, access, LIMITS.query, signal);
    await this.#transport.throwUnlessOk(response, access.key);
    const isId = (key: string) => key === 'id';
    const { documents } = await readTolerantJson(response.body, { maxBytes: MAX_RESPONSE_BYTES }, isId);
    const ids = modelIds(documents[0]);
    if (ids) return ids;
    const error = redactResponse(parseErrorValue(documents[0]), access.key);
    if (error.message !== '') throw refusedError(response.status, error);
    throw new GatewayError('badReply', 'the list of models could not be read', { status: response.status });
  }

  async #read(
    response: HttpResponse,
    { baseUrl, key }: GatewayCredentials,
    about: Pick<ReadContext, 'step' | 'taskId'> & SubmitReading,
  ): Promise<ResponseFacts> {
    const retryAfterMs = this.#transport.retryAfter(response);
    const now = this.#clock.now();
    return readResponse(response, { baseUrl, key, now, retryAfterMs, ...about });
  }
}

/** Reads the IDs in a list of models of any shape. Returns undefined if there is no list. */
function modelIds(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) {
    return value
      .map((entry) => asText(entry) ?? asText(asRecord(entry)?.['id']) ?? asText(asRecord(entry)?.['name']))
      .filter((id) => id !== undefined);
  }
  const body = asRecord(value);
  if (!body || reportsError(knownObjects(body))) return undefined;
  if (body['data'] === null) return [];
  return modelIds(body['data'] ?? body['models']);
}

function unparsedResponse(unparsed: Uint8Array, error: GatewayError): HttpResponse {
  const [, status = 0] = /^HTTP\/\d\.\d (\d{3})/.exec(Buffer.from(unparsed).toString('latin1')) ?? [];
  const body = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
  return {
    status: Number(status),
    headers: {},
    body,
    unparsed: () => unparsed,
    close: () => undefined,
  };
}

function toErrorResponse({ kind, message, code }: GatewayError, { key }: GatewayCredentials): ErrorResponse {
  const byProxy = kind === 'proxy' ? { byProxy: true } : {};
  return redactResponse({ message, ...(code === undefined ? {} : { code }), ...byProxy }, key);
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('badReply', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
