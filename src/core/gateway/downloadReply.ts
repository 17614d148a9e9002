import * as z from 'zod';
import { Base64Decoder } from './base64Decoder';
import { GatewayError } from './errors';
import { readJson, type JsonPath, type StringPlan, type StringSink } from './jsonReader';
import { asRecord, asText } from './jsonValues';
import { parseErrorValue } from './responseError';
import { mayBeVideo } from './responseLinks';

/** Where the bytes of a video go, for example a file and a hash. */
export interface VideoTarget {
  /** Hears how many bytes the video that follows has, if that is known before it comes. */
  expect?(bytes: number): void;
  /** Calls do not overlap. `bytes` belong to the sender again when this resolves: do not retain them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets all that was written so far. */
  restart(): Promise<void>;
}

export interface DownloadOptions {
  /** Most bytes of everything that is not a video; 1 MB unless told. */
  readonly maxOtherBytes?: number;
  /** Which strings hold the video. Unless told: `base64` and `data_url`, also inside `data`. */
  readonly isVideo?: (path: JsonPath) => boolean;
}

export interface DownloadResult {
  /** Size of the video, in bytes. */
  readonly bytes: number;
  /** The size that the reply declared, in bytes; always equal to `bytes`. */
  readonly declaredBytes?: number;
  /** The rest of the reply was not read. */
  readonly stoppedEarly: boolean;
}

const MAX_OTHER_BYTES = 1024 * 1024;
const VIDEO_KEYS: readonly unknown[] = ['base64', 'data_url'];
/** Codes of an envelope that reports no error (API reference 10.3). */
const SUCCESS_CODES: readonly unknown[] = ['success', '', '0', 0, '200', 200];

/** A size in bytes. On other replies the same name stands for a resolution (API reference 13 row 13); 0 says nothing. */
const byteCount = z.union([
  z.int().positive(),
  z
    .string()
    .regex(/^[1-9]\d*$/)
    .transform(Number),
]);

const fields = z.object({
  success: z.boolean().optional().catch(undefined),
  size: byteCount.optional().catch(undefined),
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  error: z.unknown().optional(),
});
/** What we read of the documented reply besides the video, bare or in a `data` envelope (API reference 6.0, 14). */
const downloadReply = fields.extend({ data: fields.optional().catch(undefined) });

/**
 * Reads the reply of the download call (API reference 6.0) and decodes its video into `target` while it
 * arrives. The video travels twice, as `base64` and as `data_url`: the first one counts. When it turns out
 * bad and the other one follows, `target` is restarted and gets that. Once a video is complete and as long
 * as a `size` seen before it says, reading stops. Without a size the caller has to look into the video.
 *
 * @throws {@link GatewayError} `refused` when the reply says no (with the message and code it gives);
 * `badReply` when it holds no video, a broken one or one of another size, or is no readable JSON. Whatever
 * `chunks` or `target` throw goes through. After any throw what `target` got is of no use.
 */
export async function readDownload(
  chunks: AsyncIterable<Uint8Array>,
  target: VideoTarget,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  const isVideo = options.isVideo ?? isDocumentedPlace;
  const output = new Output(target);
  let video: Video | undefined;
  let stoppedEarly = false;

  const capture = (path: JsonPath, soFar: unknown): StringPlan => {
    if (!isVideo(path)) return undefined;
    const size = declaredSize(soFar);
    if (video?.isComplete && (size === undefined || video.bytes === size)) return 'skip';
    video = new Video(output, size);
    return video;
  };
  const stop = (soFar: unknown): boolean => {
    stoppedEarly = video?.isComplete === true && video.bytes === declaredSize(soFar);
    return stoppedEarly;
  };
  const maxBytes = options.maxOtherBytes ?? MAX_OTHER_BYTES;
  try {
    const reply = await readJson(chunks, { maxBytes, capture, stop });
    return { ...conclude(reply, video), stoppedEarly };
  } finally {
    // Nobody may find the target still writing after we are done with it.
    await output.rest();
  }
}

/**
 * Reads the reply to a query that carries a video as a data URI (Q9 in API reference 5.2) and decodes it into
 * `target` while it arrives; what follows it is not read.
 *
 * @param place the video's keys and indexes, joined by dots
 * @returns the size of the video, in bytes
 * @throws as {@link readDownload}; with code `deadLink` when there is no video at that place any more
 */
export async function readInlineVideo(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
  target: VideoTarget,
): Promise<number> {
  const output = new Output(target);
  let video: Video | undefined;
  const capture = (path: JsonPath): StringPlan => {
    if (path.join('.') === place) return (video = new Video(output, undefined, true));
    // Others may be as long, and are read in a request of their own.
    return mayBeVideo(path) ? 'skip' : undefined;
  };
  const stop = () => video?.isComplete === true;
  try {
    const reply = await readJson(chunks, { maxBytes: MAX_OTHER_BYTES, capture, stop });
    if (video?.isComplete === true) return video.bytes;
    if (reportsError(reply)) throw refusal(reply);
    if (video?.fault && video.fault.code !== 'noDataUri') throw video.fault;
    throw new GatewayError('refused', 'the reply no longer carries the video', { code: 'deadLink' });
  } finally {
    await output.rest();
  }
}

function isDocumentedPlace(path: JsonPath): boolean {
  const isInPlace = path.length === 1 || (path.length === 2 && path[0] === 'data');
  return isInPlace && VIDEO_KEYS.includes(path.at(-1));
}

function declaredSize(reply: unknown): number | undefined {
  const parsed = downloadReply.safeParse(reply).data;
  return parsed?.data?.size ?? parsed?.size;
}

/** What the reply comes to, now that all of it we want is read. */
function conclude(reply: unknown, video: Video | undefined): Omit<DownloadResult, 'stoppedEarly'> {
  const parsed = downloadReply.safeParse(reply).data;
  if (parsed?.success === false) throw refusal(reply);
  if (parsed?.data?.success === false) throw refusal(asRecord(reply)?.['data']);
  if (video?.isComplete !== true) {
    if (reportsError(reply)) throw refusal(reply);
    throw video?.fault ?? new GatewayError('badReply', 'there is no video in the reply');
  }
  const declaredBytes = declaredSize(reply);
  if (declaredBytes === undefined) return { bytes: video.bytes };
  if (declaredBytes !== video.bytes) {
    const numbers = `the video has ${video.bytes} bytes, but the reply declares ${declaredBytes}`;
    throw new GatewayError('badReply', numbers);
  }
  return { bytes: video.bytes, declaredBytes };
}

/** Whether a reply without a usable video is an error envelope (API reference 10.2, 10.3). */
function reportsError(reply: unknown): boolean {
  const parsed = downloadReply.safeParse(reply).data;
  if (asText(parsed?.error) !== undefined || Object.keys(asRecord(parsed?.error) ?? {}).length > 0) {
    return true;
  }
  const saysYes = parsed?.success === true || SUCCESS_CODES.includes(parsed?.code);
  return !saysYes && parseErrorValue(reply).message !== '';
}

function refusal(reply: unknown): GatewayError {
  const { message, ...details } = parseErrorValue(reply);
  return new GatewayError('refused', message || 'the gateway reports an error without words', details);
}

/** One of the reply's videos on its way to the output. */
class Video implements StringSink {
  readonly declaredBytes: number | undefined;
  readonly #output: Output;
  readonly #decoder: Base64Decoder;
  #bytes = 0;
  #isComplete = false;
  #fault: GatewayError | undefined;
  #hasOutput = false;

  constructor(output: Output, declaredBytes: number | undefined, needsPrefix = false) {
    this.#output = output;
    this.#decoder = new Base64Decoder(needsPrefix);
    this.declaredBytes = declaredBytes;
  }

  /** Decoded so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Arrived to its end, and sound as base64. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Why it is of no use, if so. */
  get fault(): GatewayError | undefined {
    return this.#fault;
  }

  async write(text: Uint8Array): Promise<void> {
    await this.#put(() => this.#decoder.push(text));
  }

  async end(): Promise<void> {
    await this.#put(() => this.#decoder.finish());
    await this.#output.settle();
    this.#isComplete = this.#fault === undefined;
  }

  /** A fault of the video is kept for later, as another one may follow; a fault of the target is thrown. */
  async #put(decode: () => Uint8Array): Promise<void> {
    if (this.#fault) return;
    let decoded: Uint8Array;
    try {
      decoded = decode();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#fault = error;
      return;
    }
    this.#bytes += decoded.length;
    // More than declared is counted for the message, but has no place on the disk.
    if (decoded.length === 0 || this.#bytes > (this.declaredBytes ?? Infinity)) return;
    if (!this.#hasOutput) await this.#output.begin(this.declaredBytes);
    this.#hasOutput = true;
    await this.#output.write(decoded);
  }
}

/** The target, with one write on its way while the next piece is awaited and decoded. */
class Output {
  readonly #target: VideoTarget;
  #isUsed = false;
  #pending: Promise<void> = Promise.resolve();

  constructor(target: VideoTarget) {
    this.#target = target;
  }

  /** @param declaredBytes how many are to come, if that is known */
  async begin(declaredBytes: number | undefined): Promise<void> {
    await this.settle();
    if (this.#isUsed) await this.#target.restart();
    this.#isUsed = true;
    if (declaredBytes !== undefined) this.#target.expect?.(declaredBytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#pending;
    this.#pending = this.#target.write(bytes);
    // It is awaited at the next turn; until then a failure must not count as unhandled.
    this.#pending.catch(() => undefined);
  }

  /** Resolves when nothing is on its way any more; throws what the last write threw. */
  async settle(): Promise<void> {
    await this.#pending;
  }

  /** As {@link settle}, whatever came of it. */
  async rest(): Promise<void> {
    await this.#pending.catch(() => undefined);
  }
}
