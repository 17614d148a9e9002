import type { Clock } from '../common/clock';
import type { Log } from '../common/log';
import { streamDownload, streamInlineVideo, type VideoTarget } from './downloadResponse';
import { GatewayError } from './errors';
import type { HttpReply, OpenHttp } from './http';
import { LIMITS } from './limits';
import { redactError } from './redaction';
import { GatewayTransport, queryUrl, type VideoAccess } from './transport';

/** A way to the bytes of a video (API reference 6.0, 9). */
export type VideoSource =
  /** An absolute link, requested byte for byte. */
  | { readonly kind: 'link'; readonly link: string }
  /** Inside the response to a query, at this place. */
  | { readonly kind: 'inline'; readonly place: string }
  /** The gateway's download call. */
  | { readonly kind: 'download' }
  /** The route that gateways of this kind serve the bytes at. */
  | { readonly kind: 'content' };

/** A video that was received to its end. */
export interface ReceivedVideo {
  readonly bytes: number;
  /** The size that the response declares beside the video; if it differs, something may be missing. */
  readonly declaredBytes?: number;
}

/** Downloads videos from the gateway and from result hosts. Callers retry. */
export class VideoClient {
  readonly #transport: GatewayTransport;

  constructor(open: OpenHttp, clock: Clock, log: Log) {
    this.#transport = new GatewayTransport(open, clock, log);
  }

  /**
   * Downloads a video into the target. The key goes only to the gateway's own origin, and never across a redirect to
   * another one.
   * @throws {@link GatewayError}; code `deadLink` if trying the same link again is useless
   */
  async download(
    source: VideoSource,
    access: VideoAccess,
    gatewayTaskId: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<ReceivedVideo> {
    const id = encodeURIComponent(gatewayTaskId);
    try {
      switch (source.kind) {
        case 'link':
          return await this.#downloadLink(source.link, access, target, signal);
        case 'content':
          return await this.#downloadLink(
            `${access.baseUrl}/v1/videos/${id}/content`,
            access,
            target,
            signal,
          );
        case 'download': {
          const link = `${access.baseUrl}/v1/video/generations/download?id=${id}`;
          return await this.#downloadLink(link, access, target, signal, 'taskCall');
        }
        case 'inline':
          return await this.#downloadInline(source.place, access, gatewayTaskId, target, signal);
      }
    } catch (error) {
      throw redactError(error, access.key);
    }
  }

  /** @param said by whom a refusal is, see {@link GatewayTransport.refuseUnlessGood} */
  async #downloadLink(
    link: string,
    access: VideoAccess,
    target: VideoTarget,
    signal: AbortSignal | undefined,
    said?: 'taskCall',
    isSecondHop = false,
  ): Promise<ReceivedVideo> {
    const { reply, isOwnOrigin } = await this.#transport.get(link, access, LIMITS.download, signal);
    let next: string;
    try {
      await this.#transport.refuseUnlessGood(
        reply,
        access.key,
        said ?? (isOwnOrigin ? 'gateway' : 'elsewhere'),
      );
      const { isJson, body } = await sniff(reply);
      if (!isJson) return { bytes: await receive(reply, body, target) };
      const result = await streamDownload(body, target);
      if (result.kind === 'video') return result;
      next = result.link;
    } catch (error) {
      throw isOwnOrigin || !(error instanceof GatewayError) ? error : markElsewhere(error);
    } finally {
      reply.close();
    }
    if (isSecondHop) throw new GatewayError('badReply', 'the link leads to another link');
    await target.restart();
    const absolute = next.startsWith('/') ? new URL(access.baseUrl).origin + next : next;
    return this.#downloadLink(absolute, access, target, signal, undefined, true);
  }

  async #downloadInline(
    place: string,
    access: VideoAccess,
    gatewayTaskId: string,
    target: VideoTarget,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedVideo> {
    const link = queryUrl(access, gatewayTaskId);
    const { reply } = await this.#transport.get(link, access, LIMITS.query, signal);
    try {
      await this.#transport.refuseUnlessGood(reply, access.key, 'taskCall');
      return { bytes: await streamInlineVideo(reply.body, place, target) };
    } finally {
      reply.close();
    }
  }
}

/** Streams a body that is the video itself. */
async function receive(
  reply: HttpReply,
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
function wholeSize({ status, headers }: HttpReply): number | undefined {
  const total =
    status === 206 ? /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : undefined;
  return total === undefined ? undefined : Number(total);
}

/** Whether a response is JSON, which its first byte tells whatever its type says; and its body from the beginning. */
async function sniff(
  reply: HttpReply,
): Promise<{ readonly isJson: boolean; readonly body: AsyncIterable<Uint8Array> }> {
  const iterator = reply.body[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let first: string | undefined;
  while (first === undefined) {
    const next = await iterator.next();
    if (next.done === true) break;
    // What was read belongs to the connection again once more is asked for.
    start.push(Buffer.from(next.value));
    first = /[^\s\ufeff]/.exec(Buffer.concat(start).toString('utf8'))?.[0];
  }
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* start;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  const isMedia = /^(video|audio)\//i.test(reply.headers['content-type'] ?? '');
  return { isJson: !isMedia && (first === '{' || first === '['), body: body() };
}

function markElsewhere(error: GatewayError): GatewayError {
  const { kind, message, status, code, requestId, retryAfterMs, nothingSent, cause } = error;
  return new GatewayError(kind, message, {
    ...{ status, code, requestId, retryAfterMs, nothingSent, cause },
    elsewhere: true,
  });
}
