import type { Clock } from '../common/clock';
import type { Evidence, EvidenceStep } from '../common/evidence';
import type { Log } from '../common/log';
import { streamDownload, streamInlineVideo, type VideoTarget } from './downloadResponse';
import { GatewayError } from './errors';
import type { HttpResponse, HttpConnector } from './http';
import { LIMITS } from './limits';
import { redactError } from './redaction';
import { RecordedBody, toEvidence } from './responseEvidence';
import { GatewayTransport, queryUrl, type VideoAccess } from './transport';

/** Source of a video's bytes (API reference 6.0, 9). */
export type VideoSource =
  /** An absolute link, requested byte for byte. */
  | { readonly kind: 'link'; readonly link: string }
  /** A path in the response to a query. */
  | { readonly kind: 'inline'; readonly place: string }
  | { readonly kind: 'download' }
  /** The content route of new-api (`/v1/videos/{id}/content`). */
  | { readonly kind: 'content' };

interface ReceivedVideo {
  readonly bytes: number;
  /** Size in the response. If it differs, something may be missing. */
  readonly declaredBytes?: number;
  readonly evidence: () => Evidence;
}

/** Downloads videos from the gateway and result hosts. Doesn't retry. */
export class VideoClient {
  readonly #transport: GatewayTransport;
  readonly #clock: Clock;

  constructor(open: HttpConnector, clock: Clock, log: Log) {
    this.#transport = new GatewayTransport(open, clock, log);
    this.#clock = clock;
  }

  /**
   * Downloads a video into the target. Sends the key only to the gateway's own origin.
   * @throws {@link GatewayError}, with code `deadLink` if retrying the same link is useless; errors of the target
   */
  async download(
    source: VideoSource,
    access: VideoAccess,
    gatewayTaskId: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<ReceivedVideo> {
    const id = encodeURIComponent(gatewayTaskId);
    const links = {
      inline: queryUrl(access, gatewayTaskId),
      content: `${access.baseUrl}/v1/videos/${id}/content`,
      download: `${access.baseUrl}/v1/video/generations/download?id=${id}`,
    };
    try {
      const link = source.kind === 'link' ? source.link : links[source.kind];
      return await this.#downloadLink(source, link, access, target, signal);
    } catch (error) {
      throw redactError(error, access.key);
    }
  }

  async #downloadLink(
    source: VideoSource,
    link: string,
    access: VideoAccess,
    target: VideoTarget,
    signal: AbortSignal | undefined,
    isSecondHop = false,
  ): Promise<ReceivedVideo> {
    const { kind } = source;
    const step = kind === 'inline' ? 'query' : kind === 'link' ? 'link' : 'download';
    const limits = kind === 'inline' ? LIMITS.query : LIMITS.download;
    const opened = await this.#transport.get(link, access, limits, signal, step);
    const { isOwnOrigin } = opened;
    const { response, evidence } = this.#record(opened.response, step, access);
    let next: string;
    try {
      const isTaskCall = kind === 'inline' || (kind === 'download' && !isSecondHop);
      const origin = isTaskCall ? 'taskCall' : isOwnOrigin ? 'gateway' : 'otherHost';
      await this.#transport.throwUnlessOk(response, access.key, origin);
      if (kind === 'inline') {
        return { bytes: await streamInlineVideo(response.body, source.place, target), evidence };
      }
      const { isJson, body } = await detectJson(response);
      if (!isJson) return { bytes: await receiveVideo(response, body, target), evidence };
      const result = await streamDownload(body, target);
      if (result.kind === 'video') return { ...result, evidence };
      next = result.link;
      if (isSecondHop) throw new GatewayError('badReply', 'the link leads to another link');
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const isOtherHost = error.isOtherHost || (!isOwnOrigin && kind !== 'inline');
      throw error.with({ evidence: evidence(), isOtherHost });
    } finally {
      response.close();
    }
    await target.restart();
    const absolute = next.startsWith('/') ? new URL(access.baseUrl).origin + next : next;
    return this.#downloadLink(source, absolute, access, target, signal, true);
  }

  #record(response: HttpResponse, step: EvidenceStep, { key }: VideoAccess) {
    const body = new RecordedBody(response.body);
    const evidence = () => toEvidence(response, body, { step, key, now: this.#clock.now() });
    return { response: { ...response, body, close: () => response.close() }, evidence };
  }
}

async function receiveVideo(
  response: HttpResponse,
  body: AsyncIterable<Uint8Array>,
  target: VideoTarget,
): Promise<number> {
  const isPacked = response.headers['content-encoding'] !== undefined;
  const declared = Number(isPacked ? undefined : response.headers['content-length']);
  const total = wholeSize(response);
  if (declared > 0) target.expect?.(declared);
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    await target.write(piece);
  }
  const wanted = total ?? declared;
  if (Number.isFinite(wanted) && bytes !== wanted) {
    throw new GatewayError('cut', `${bytes} of ${wanted} bytes arrived`);
  }
  return bytes;
}

/** Reads the size of the whole video if the response is a range of it (RFC 9110 14.4). */
function wholeSize({ status, headers }: HttpResponse): number | undefined {
  const total =
    status === 206 ? /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : undefined;
  return total === undefined ? undefined : Number(total);
}

/** White space and the bytes of a byte order mark. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0xef, 0xbb, 0xbf]);
const MAX_BLANK_BYTES = 64 * 1024;
const JSON_STARTS: ReadonlySet<number> = new Set([0x7b, 0x5b]);

/** Detects JSON by its first byte, unless the content type is video or audio. Also returns the whole body. */
async function detectJson(
  response: HttpResponse,
): Promise<{ readonly isJson: boolean; readonly body: AsyncIterable<Uint8Array> }> {
  const iterator = response.body[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let first: number | undefined;
  for (let bytes = 0; first === undefined && bytes < MAX_BLANK_BYTES;) {
    const next = await iterator.next();
    if (next.done === true) break;
    // Copy: the source may reuse the bytes.
    const chunk = Buffer.from(next.value);
    start.push(chunk);
    bytes += chunk.length;
    first = chunk.find((byte) => !BLANKS.has(byte));
  }
  // Not a generator: it would add several turns of the microtask queue to each chunk.
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = start.shift();
        return value ? { done: false, value } : iterator.next();
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
  const isMedia = /^(video|audio)\//i.test(response.headers['content-type'] ?? '');
  return { isJson: !isMedia && first !== undefined && JSON_STARTS.has(first), body };
}
