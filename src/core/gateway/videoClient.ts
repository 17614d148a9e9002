import type { Clock } from '../common/clock';
import type { Log } from '../common/log';
import { readDownload, readInlineVideo, type VideoTarget } from './downloadReply';
import { GatewayError } from './errors';
import type { HttpReply, OpenHttp } from './http';
import { LIMITS } from './limits';
import { redactError } from './redaction';
import { GatewayTransport, queryUrl, type Access } from './transport';

/** Downloads videos from the gateway and from result hosts. Callers retry. */
export class VideoClient {
  readonly #transport: GatewayTransport;

  constructor(open: OpenHttp, clock: Clock, log: Log) {
    this.#transport = new GatewayTransport(open, clock, log);
  }

  /**
   * Fetches a sora video (`GET /v1/video/generations/download`, API reference 6.0) into the target.
   * @returns the number of bytes of the video
   * @throws {@link GatewayError}
   */
  async download(
    access: Access,
    gatewayTaskId: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<number> {
    const url = `${access.baseUrl}/v1/video/generations/download?id=${encodeURIComponent(gatewayTaskId)}`;
    const { reply } = await this.#transport.get(url, access, LIMITS.download, signal);
    return this.#receive(reply, access, async (body) => (await readDownload(body, target)).bytes);
  }

  /**
   * Fetches a video that the reply to a query carries as text (Q9 in API reference 5.2) into the target.
   * @param place as {@link inlinePlace} gives it
   * @returns the number of bytes of the video
   * @throws {@link GatewayError}; code `deadLink` when the reply carries none there any more
   */
  async fetchInline(
    access: Access,
    gatewayTaskId: string,
    place: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<number> {
    const url = queryUrl(access, gatewayTaskId);
    const { reply } = await this.#transport.get(url, access, LIMITS.query, signal);
    return this.#receive(reply, access, (body) => readInlineVideo(body, place, target));
  }

  /** Reads a good reply of the gateway's own; others are thrown. */
  async #receive<T>(
    reply: HttpReply,
    access: Access,
    read: (body: HttpReply['body']) => Promise<T>,
  ): Promise<T> {
    try {
      await this.#transport.refuseUnlessGood(reply, access.key, 'taskCall');
      return await read(reply.body);
    } catch (error) {
      throw redactError(error, access.key);
    } finally {
      reply.close();
    }
  }

  /**
   * Fetches a result link (API reference 9.3) into the target. The key goes along only to the gateway's own
   * origin, and never over a redirect to another one.
   * @returns the number of bytes
   * @throws {@link GatewayError}; code `deadLink` when trying the same link again is useless
   */
  async fetchLink(link: string, access: Access, target: VideoTarget, signal?: AbortSignal): Promise<number> {
    const { reply, isOwnOrigin } = await this.#transport.get(link, access, LIMITS.download, signal);
    await this.#transport.refuseUnlessGood(reply, access.key, isOwnOrigin ? 'gateway' : 'elsewhere');
    const declared = Number(
      reply.headers['content-encoding'] === undefined ? reply.headers['content-length'] : NaN,
    );
    if (declared > 0) target.expect?.(declared);
    let bytes = 0;
    try {
      for await (const piece of reply.body) {
        bytes += piece.length;
        await target.write(piece);
      }
    } finally {
      reply.close();
    }
    if (Number.isFinite(declared) && bytes !== declared) {
      throw new GatewayError('cut', `${bytes} of ${declared} bytes arrived`);
    }
    return bytes;
  }
}
