import { asRecord, asText, readErrorValue, type ErrorReply } from './errorReply';

/** What the gateway says of a task that it knows. */
export type TaskState =
  | { readonly kind: 'queued' | 'running'; readonly progress?: number }
  | {
      readonly kind: 'succeeded';
      /** Where the videos are, in order: links, or {@link inlineVideo} for what the reply itself carries. */
      readonly links: readonly string[];
      /** The word `expired` stands where the link should be. */
      readonly expired: boolean;
      /** How many videos the provider's filter held back. */
      readonly filtered: number;
      /** Ms since 1970 after which the video is gone. */
      readonly expiresAt?: number;
    }
  | { readonly kind: 'failed' | 'expired'; readonly error: ErrorReply };

const INLINE = 'inline:';

/** What stands for a video that the reply to a query carries as a data URI: its place there, as keys and indexes. */
export function inlineVideo(place: readonly (string | number)[]): string {
  return INLINE + place.join('.');
}

/** The place of a video that a query's reply carries, as {@link inlineVideo} wrote it; undefined for a link. */
export function inlinePlace(link: string): string | undefined {
  return link.startsWith(INLINE) ? link.slice(INLINE.length) : undefined;
}

const QUEUED = new Set(['submitted', 'queued', 'pending', 'not_start', 'in_queue', 'unknown', '']);
const SUCCEEDED = new Set(['succeeded', 'success', 'succeed', 'completed', 'complete', 'done']);
const FAILED = new Set(['failed', 'failure', 'fail', 'error', 'cancelled', 'canceled']);
/**
 * Where a video may stand: the places of API reference 9.2 in their order, and then those of vendors whose own object
 * is passed on as it is (as S8 in 4.2 is). The first that yields a video counts.
 */
const VIDEO_PLACES: readonly string[] = [
  'url',
  'video_url',
  'video',
  'data.url',
  'data.data.video_url',
  'data.data.url',
  'data.fail_reason',
  'metadata.url',
  'metadata.output.video_url',
  'metadata.content.video_url',
  'metadata.result.video_url',
  'metadata.data.task_result.videos',
  'metadata.response.videos',
  'output.video_url',
  'content.video_url',
  'data.video_url',
  'data.data.output.video_url',
  'data.data.content.video_url',
  'fail_reason',
];
/** Words by which an envelope says that a call did not work. */
const CALL_WORDS = new Set(['error', 'fail']);

/**
 * Reads the body of a 2xx query, whatever shape it has (API reference 5, 8, 9.2). Undefined when it says
 * nothing of a task, which is then no more than a blip.
 */
export function readTaskReply(value: unknown): TaskState | undefined {
  const body = asRecord(value);
  if (!body) return undefined;
  const data = asRecord(body['data']);
  // The last is how a vendor words it whose reply is passed on as it is.
  const output = asRecord(body['output']);
  const status = asText(body['status']) ?? asText(data?.['status']) ?? asText(output?.['task_status']);
  const id = asText(body['task_id']) ?? asText(body['id']) ?? asText(data?.['task_id']);
  // Without a status only a task's own body is a task: an envelope with an error is not (10.3).
  if (status === undefined && asText(body['task_id']) === undefined) return undefined;
  const word = status?.trim().toLowerCase() ?? '';
  // Beside no task these are the state of the call, not of a task.
  if (CALL_WORDS.has(word) && id === undefined) return undefined;
  if (word === 'expired') return { kind: 'expired', error: failureReason(body) };
  if (FAILED.has(word)) return { kind: 'failed', error: failureReason(body) };
  if (SUCCEEDED.has(word)) return succeeded(body);
  const progress = readProgress(body);
  // Words we have never met are a task that goes on (8).
  return { kind: QUEUED.has(word) ? 'queued' : 'running', ...(progress === undefined ? {} : { progress }) };
}

/** API reference 8: a number, a numeric text or a percentage; held within 0 to 100. */
function readProgress(body: Record<string, unknown>): number | undefined {
  const places = [
    body['progress'],
    asRecord(body['data'])?.['progress'],
    asRecord(body['metadata'])?.['progress'],
  ];
  for (const place of places) {
    const number =
      typeof place === 'string' && /^\s*\d+(\.\d+)?\s*%?\s*$/.test(place) ? parseFloat(place) : place;
    if (typeof number === 'number' && Number.isFinite(number)) return Math.min(100, Math.max(0, number));
  }
  return undefined;
}

/** The reason and the code of a failed task, in the orders of API reference 5.3. */
function failureReason(body: Record<string, unknown>): ErrorReply {
  const metadata = asRecord(body['metadata']);
  const data = asRecord(body['data']);
  const output = asRecord(metadata?.['output']);
  const metadataError = asRecord(metadata?.['error']);
  const texts = [
    asRecord(body['error'])?.['message'],
    body['error'],
    body['failure_reason'],
    body['fail_reason'],
    data?.['fail_reason'],
    metadataError?.['message'],
    output?.['message'],
    metadata?.['reason'],
    body['message'],
    data?.['message'],
  ];
  const codes = [metadataError?.['code'], output?.['code'], asRecord(body['error'])?.['code']];
  // One reader cleans them all: nested vendor texts, numbers, success words.
  const message = texts.map(asText).find((text) => text !== undefined) ?? '';
  const words = readErrorValue({ message });
  const code = codes.map((value) => readErrorValue({ code: value }).code).find((text) => text !== undefined);
  return { ...words, ...(code === undefined ? {} : { code }) };
}

function succeeded(body: Record<string, unknown>): TaskState {
  let expired = false;
  let links: string[] = [];
  for (const place of VIDEO_PLACES) {
    const texts = textsAt(body, place);
    expired ||= texts.some(({ text }) => text.toLowerCase() === 'expired');
    links = [...new Set(texts.flatMap(({ text, path }) => videoIn(text, path)))];
    if (links.length > 0) break;
  }
  const metadata = asRecord(body['metadata']);
  const filtered = Number(asRecord(metadata?.['response'])?.['raiMediaFilteredCount']);
  const expiresAt = metadata?.['expires_at'] ?? body['expires_at'];
  return {
    kind: 'succeeded',
    links,
    expired: expired && links.length === 0,
    filtered: Number.isFinite(filtered) && filtered > 0 ? filtered : 0,
    ...(isTime(expiresAt) ? { expiresAt: Math.round(expiresAt * 1000) } : {}),
  };
}

/** What a text in a video's place stands for, if anything that we can fetch. */
function videoIn(text: string, path: readonly (string | number)[]): string[] {
  if (/^https?:\/\//i.test(text)) return [text];
  return /^data:(video\/|application\/octet-stream)/i.test(text) ? [inlineVideo(path)] : [];
}

/** Whether a value is a time in seconds that can be kept: the store takes whole numbers up to 2^53 only. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 1e11;
}

interface PlacedText {
  readonly text: string;
  /** From the root of the reply. */
  readonly path: readonly (string | number)[];
}

/** The texts at a place: one, those of a list, or the `url` of an object or of each object in a list. */
function textsAt(body: Record<string, unknown>, place: string): PlacedText[] {
  const keys = place.split('.');
  const value = keys.reduce<unknown>((inner, key) => asRecord(inner)?.[key], body);
  const items: PlacedItem[] = Array.isArray(value)
    ? value.map((item: unknown, index) => ({ item, path: [...keys, index] }))
    : [{ item: value, path: keys }];
  return items.flatMap(({ item, path }) => {
    const text = asText(item);
    if (text !== undefined) return [{ text: text.trim(), path }];
    const url = asText(asRecord(item)?.['url']);
    return url === undefined ? [] : [{ text: url.trim(), path: [...path, 'url'] }];
  });
}

interface PlacedItem {
  readonly item: unknown;
  readonly path: readonly (string | number)[];
}
