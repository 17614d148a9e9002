import { Base64Decoder } from './base64Decoder';
import { GatewayError } from './errors';
import { readJson, type JsonPath, type StringHandling } from './jsonReader';
import type { StringSink } from './jsonStrings';
import { asNumber, asRecord, knownObjects } from './jsonValues';
import { MAX_VIDEO_BYTES } from './limits';
import { isSuccessCode, parseErrorValue, reportsError } from './responseError';
import { canHoldInlineVideo } from './responseLinks';

/** Destination for the bytes of a video, such as a file. */
export interface VideoTarget {
  /** Called with the size of the video in bytes, if it's known before the video arrives. */
  expect?(bytes: number): void;
  /** Calls don't overlap. `bytes` are reused when this resolves: don't retain them. */
  write(bytes: Uint8Array): Promise<void>;
  restart(): Promise<void>;
}

export type DownloadResult =
  | {
      readonly kind: 'video';
      readonly bytes: number;
      /** Size in the response. If it differs, something may be missing. */
      readonly declaredBytes?: number;
      readonly stoppedEarly: boolean;
    }
  | { readonly kind: 'link'; readonly link: string };

/** Maximum size of everything in a response that isn't a video. */
const MAX_OTHER_BYTES = 1024 * 1024;
/** A video that exceeds its declared size by more than this is rejected. */
const MAX_SURPLUS_BYTES = 1024 * 1024;
const MAX_LINK_LENGTH = 16 * 1024;
/** Number of characters needed to tell a link from a video. */
const DECIDING_LENGTH = 8;
const MIN_BASE64_LENGTH = 64;

type FieldKind = 'video' | 'link' | 'either';

/** Names of fields that hold a video, a link to it, or either (API reference 6.0, 9.2, 14). */
const FIELD_KINDS: ReadonlyMap<unknown, FieldKind> = new Map(
  (
    [
      ['video', ['base64', 'data_url', 'b64_json', 'bytesBase64Encoded', 'video_base64', 'base64_data']],
      ['link', ['url', 'video_url', 'videoUrl', 'download_url', 'downloadUrl', 'result_url', 'link']],
      ['either', ['video', 'data', 'content', 'file']],
    ] as const
  ).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);
const MAX_FIELD_DEPTH = 4;

/**
 * Reads the JSON response to a download (API reference 6.0) and decodes its video into `target` as it arrives. The video
 * may appear twice, as `base64` and as `data_url`. The first one counts; if it's invalid, `target` is restarted for the
 * other. Reading stops once a video is complete and has the `size` declared before it.
 * @throws {@link GatewayError} `refused` if the response reports an error, `badReply` if it has neither a video nor a
 *   link, `tooLong` if the video is larger than declared or allowed. Errors of `chunks` and `target` are rethrown
 */
export async function streamDownload(
  chunks: AsyncIterable<Uint8Array>,
  target: VideoTarget,
): Promise<DownloadResult> {
  const output = new Output(target);
  let video: Video | undefined;
  const links = new Map<unknown, string>();
  let stoppedEarly = false;

  const capture = (path: JsonPath, soFar: unknown): StringHandling => {
    const key = path.findLast((step) => typeof step === 'string');
    const kind = path.length <= MAX_FIELD_DEPTH ? FIELD_KINDS.get(key) : undefined;
    if (kind === undefined) return undefined;
    const size = declaredSize(soFar);
    if (video?.isComplete && (size === undefined || video.bytes === size)) return 'skip';
    return new VideoOrLink(
      kind,
      () => (video = new Video(output, size)),
      (link) => links.set(key, link),
    );
  };
  const stop = (soFar: unknown): boolean => {
    stoppedEarly = video?.isComplete === true && video.bytes === declaredSize(soFar);
    return stoppedEarly;
  };
  try {
    const response = await readJson(chunks, { maxBytes: MAX_OTHER_BYTES, capture, stop });
    return toResult(response, video, links, stoppedEarly);
  } finally {
    // Wait, so that no write to the target is pending when this returns.
    await output.flush().catch(() => undefined);
  }
}

/**
 * Reads the response to a query with a video as a data URI (API reference 5.2, Q9) and decodes it into `target` as it
 * arrives. The rest isn't read.
 * @param place the video's keys and indexes, joined by dots
 * @returns the size of the video, in bytes
 * @throws as {@link streamDownload}; with code `deadLink` if the video is no longer there
 */
export async function streamInlineVideo(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
  target: VideoTarget,
): Promise<number> {
  const output = new Output(target);
  let video: Video | undefined;
  const capture = (path: JsonPath): StringHandling => {
    if (path.join('.') === place) return (video = new Video(output, undefined, true));
    // The task's other videos are downloaded in their own requests.
    return canHoldInlineVideo(path) ? 'skip' : undefined;
  };
  const stop = () => video?.isComplete === true;
  try {
    const response = await readJson(chunks, { maxBytes: MAX_OTHER_BYTES, capture, stop });
    if (video?.isComplete === true) return video.bytes;
    if (isErrorResponse(response)) throw refusedError(response);
    if (video?.error && video.error.code !== 'noDataUri') throw video.error;
    throw new GatewayError('refused', 'the response no longer contains the video', { code: 'deadLink' });
  } finally {
    await output.flush().catch(() => undefined);
  }
}

/** Reads the size in bytes, bare or in a `data` envelope. In other responses, the same name is a resolution. */
function declaredSize(response: unknown): number | undefined {
  const root = asRecord(response);
  const sizes = [asRecord(root?.['data'])?.['size'], root?.['size']];
  const size = sizes.find((one) => asNumber(one) !== undefined && /^[1-9]\d*$/.test(String(one)));
  return size === undefined ? undefined : Number(size);
}

function toResult(
  response: unknown,
  video: Video | undefined,
  links: ReadonlyMap<unknown, string>,
  stoppedEarly: boolean,
): DownloadResult {
  const { success, data } = asRecord(response) ?? {};
  if (success === false) throw refusedError(response);
  if (asRecord(data)?.['success'] === false) throw refusedError(data);
  if (video?.isComplete === true) {
    const declaredBytes = declaredSize(response);
    const declared = declaredBytes === undefined ? {} : { declaredBytes };
    return { kind: 'video', bytes: video.bytes, ...declared, stoppedEarly };
  }
  if (isErrorResponse(response)) throw refusedError(response);
  if (video?.error) throw video.error;
  const [link] = [...FIELD_KINDS.keys()].flatMap((key) => links.get(key) ?? []);
  if (link !== undefined) return { kind: 'link', link };
  throw new GatewayError('badReply', 'there is no video in the response');
}

/** Returns true if a response without a usable video reports an error, even if only as text. */
function isErrorResponse(response: unknown): boolean {
  if (reportsError(knownObjects(response))) return true;
  const { success, code } = asRecord(response) ?? {};
  const hasCode = typeof code === 'string' || typeof code === 'number';
  const saysYes = success === true || (hasCode && isSuccessCode(code));
  return !saysYes && parseErrorValue(response).message !== '';
}

function refusedError(response: unknown): GatewayError {
  const { message, ...details } = parseErrorValue(response);
  return new GatewayError('refused', message || 'the gateway reports an error without a message', details);
}

/** A string that is a video or a link to one, depending on how it begins. */
class VideoOrLink implements StringSink {
  readonly #kind: FieldKind;
  readonly #startVideo: () => Video;
  readonly #onLink: (link: string) => void;
  #text = '';
  #video: Video | undefined;

  constructor(kind: FieldKind, startVideo: () => Video, onLink: (link: string) => void) {
    this.#kind = kind;
    this.#startVideo = startVideo;
    this.#onLink = onLink;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#video) return this.#video.write(bytes);
    if (this.#text.length > MAX_LINK_LENGTH) return;
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    if (isVideoText(this.#kind, this.#text, false)) await this.#begin();
  }

  async end(): Promise<void> {
    if (!this.#video && isVideoText(this.#kind, this.#text, true)) await this.#begin();
    if (this.#video) return this.#video.end();
    const text = this.#text.trim();
    if (text.length <= MAX_LINK_LENGTH && /^(https?:\/\/|\/)\S+$/i.test(text)) this.#onLink(text);
  }

  async #begin(): Promise<void> {
    this.#video = this.#startVideo();
    await this.#video.write(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
  }
}

/** Returns true if a string is a video. Returns false while the start is ambiguous. */
function isVideoText(kind: FieldKind, prefix: string, isComplete: boolean): boolean {
  const text = prefix.trimStart();
  if (!isComplete && text.length < DECIDING_LENGTH) return false;
  if (/^data:/i.test(text)) return true;
  if (kind === 'link' || /^https?:/i.test(text)) return false;
  return kind === 'video' || (!text.startsWith('/') && text.length >= MIN_BASE64_LENGTH);
}

/** Decodes a video of the response into the output. */
class Video implements StringSink {
  bytes = 0;
  isComplete = false;
  error: GatewayError | undefined;
  readonly #declaredBytes: number | undefined;
  readonly #output: Output;
  readonly #decoder: Base64Decoder;
  #hasOutput = false;

  constructor(output: Output, declaredBytes: number | undefined, needsPrefix = false) {
    this.#output = output;
    this.#decoder = new Base64Decoder(needsPrefix);
    this.#declaredBytes = declaredBytes;
  }

  async write(text: Uint8Array): Promise<void> {
    await this.#put(() => this.#decoder.push(text));
  }

  async end(): Promise<void> {
    await this.#put(() => this.#decoder.finish());
    await this.#output.flush();
    this.isComplete = this.error === undefined;
  }

  /** Keeps an error of the video, because another video may follow. Errors of the target are thrown. */
  async #put(decode: () => Uint8Array): Promise<void> {
    if (this.error) return;
    let decoded: Uint8Array;
    try {
      decoded = decode();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.error = error;
      return;
    }
    if (decoded.length === 0) return;
    this.bytes += decoded.length;
    const declared = this.#declaredBytes;
    if (declared !== undefined && (declared > MAX_VIDEO_BYTES || this.bytes > declared + MAX_SURPLUS_BYTES)) {
      this.error = new GatewayError(
        'tooLong',
        `the video is larger than allowed: ${declared} bytes declared`,
      );
      return;
    }
    if (!this.#hasOutput) await this.#output.begin(declared);
    this.#hasOutput = true;
    await this.#output.write(decoded);
  }
}

/** Writes to the target, one chunk at a time, while the next one is received and decoded. */
class Output {
  readonly #target: VideoTarget;
  #isUsed = false;
  #pending: Promise<void> = Promise.resolve();

  constructor(target: VideoTarget) {
    this.#target = target;
  }

  async begin(declaredBytes: number | undefined): Promise<void> {
    await this.flush();
    if (this.#isUsed) await this.#target.restart();
    this.#isUsed = true;
    if (declaredBytes !== undefined) this.#target.expect?.(declaredBytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#pending;
    this.#pending = this.#target.write(bytes);
    // Awaited by the next call; until then, a rejection must not count as unhandled.
    this.#pending.catch(() => undefined);
  }

  /** Waits for the last write and rethrows its error. */
  async flush(): Promise<void> {
    await this.#pending;
  }
}
