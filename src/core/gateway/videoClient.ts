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
  /** Inside the response to a query, at this path. */
  | { readonly kind: 'inline'; readonly place: string }
  /** The gateway's download call. */
  | { readonly kind: 'download' }
  /** The route at which gateways of this kind serve the bytes. */
  | { readonly kind: 'content' };

/** A completely received video. */
export interface ReceivedVideo {
  readonly bytes: number;
  /** Size that the response declares; if it differs, something may be missing. */
  readonly declaredBytes?: number;
  /** The response, redacted, without the video. */
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
   * Downloads a video into the target. The key is sent only to the gateway's own origin, never across a redirect to
   * another one.
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
      content: `${access.baseUrl}/v1/videos/${id}/content`,
      download: `${access.baseUrl}/v1/video/generations/download?id=${id}`,
    };
    try {
      if (source.kind === 'inline') {
        return await this.#downloadInline(source.place, access, gatewayTaskId, target, signal);
      }
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
    const step = source.kind === 'link' ? 'link' : 'download';
    const opened = await this.#transport.get(link, access, LIMITS.download, signal, step);
    const { isOwnOrigin } = opened;
    const { reply, evidence } = this.#record(opened.reply, step, access);
    let next: string;
    try {
      const isTaskCall = source.kind === 'download' && !isSecondHop;
      const said = isTaskCall ? 'taskCall' : isOwnOrigin ? 'gateway' : 'elsewhere';
      await this.#transport.refuseUnlessGood(reply, access.key, said);
      const { isJson, body } = await sniff(reply);
      if (!isJson) return { bytes: await receive(reply, body, target), evidence };
      const result = await streamDownload(body, target);
      if (result.kind === 'video') return { ...result, evidence };
      next = result.link;
      if (isSecondHop) throw new GatewayError('badReply', 'the link leads to another link');
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      throw error.with({ evidence: evidence(), elsewhere: error.elsewhere || !isOwnOrigin });
    } finally {
      reply.close();
    }
    await target.restart();
    const absolute = next.startsWith('/') ? new URL(access.baseUrl).origin + next : next;
    return this.#downloadLink(source, absolute, access, target, signal, true);
  }

  async #downloadInline(
    place: string,
    access: VideoAccess,
    gatewayTaskId: string,
    target: VideoTarget,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedVideo> {
    const link = queryUrl(access, gatewayTaskId);
    const opened = await this.#transport.get(link, access, LIMITS.query, signal, 'query');
    const { reply, evidence } = this.#record(opened.reply, 'query', access);
    try {
      await this.#transport.refuseUnlessGood(reply, access.key, 'taskCall');
      return { bytes: await streamInlineVideo(reply.body, place, target), evidence };
    } catch (error) {
      throw error instanceof GatewayError ? error.with({ evidence: evidence() }) : error;
    } finally {
      reply.close();
    }
  }

  #record(reply: HttpResponse, step: EvidenceStep, { key }: VideoAccess) {
    const body = new RecordedBody(reply.body);
    const evidence = () => toEvidence(reply, body, { step, key, now: this.#clock.now() });
    return { reply: { ...reply, body, close: () => reply.close() }, evidence };
  }
}

async function receive(
  reply: HttpResponse,
  body: AsyncIterable<Uint8Array>,
  target: VideoTarget,
): Promise<number> {
  const isPacked = reply.headers['content-encoding'] !== undefined;
  const declared = Number(isPacked ? undefined : reply.headers['content-length']);
  const total = wholeSize(reply);
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

/** The size of the whole video if the response is a range of it (RFC 9110 14.4). */
function wholeSize({ status, headers }: HttpResponse): number | undefined {
  const total =
    status === 206 ? /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : undefined;
  return total === undefined ? undefined : Number(total);
}

/** White space and the bytes of a byte order mark. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0xef, 0xbb, 0xbf]);
const MAX_BLANK_BYTES = 64 * 1024;
const JSON_STARTS: ReadonlySet<number> = new Set([0x7b, 0x5b]);

/** Detects JSON by the first byte, whatever the content type, except video and audio. Also returns the whole body. */
async function sniff(
  reply: HttpResponse,
): Promise<{ readonly isJson: boolean; readonly body: AsyncIterable<Uint8Array> }> {
  const iterator = reply.body[Symbol.asyncIterator]();
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
  const isMedia = /^(video|audio)\//i.test(reply.headers['content-type'] ?? '');
  return { isJson: !isMedia && first !== undefined && JSON_STARTS.has(first), body };
}
