import { asRecord, asText, readErrorValue, type ErrorReply } from './errorReply';

/** What the gateway says of a task that it knows. */
export type TaskState =
  | { readonly kind: 'queued' | 'running'; readonly progress?: number }
  | {
      readonly kind: 'succeeded';
      /** https links to the videos, in order. */
      readonly links: readonly string[];
      /** The reply itself carries the video as text. */
      readonly inline: boolean;
      /** The word `expired` stands where the link should be. */
      readonly expired: boolean;
      /** How many videos the provider's filter held back. */
      readonly filtered: number;
      /** Ms since 1970 after which the video is gone. */
      readonly expiresAt?: number;
    }
  | { readonly kind: 'failed' | 'expired'; readonly error: ErrorReply };

const QUEUED = new Set(['submitted', 'queued', 'pending', 'not_start', 'in_queue', 'unknown', '']);
const SUCCEEDED = new Set(['succeeded', 'success', 'succeed', 'completed', 'complete', 'done']);
const FAILED = new Set(['failed', 'failure', 'fail', 'error', 'cancelled', 'canceled']);

/**
 * Reads the body of a 2xx query, whatever shape it has (API reference 5, 8, 9.2). Undefined when it says
 * nothing of a task, which is then no more than a blip.
 */
export function readTaskReply(value: unknown): TaskState | undefined {
  const body = asRecord(value);
  if (!body) return undefined;
  const data = asRecord(body['data']);
  const status = asText(body['status']) ?? asText(data?.['status']);
  // Without a status only a task's own body is a task: an envelope with an error is not (10.3).
  if (status === undefined && !('status' in body) && asText(body['task_id']) === undefined) return undefined;
  const word = status?.trim().toLowerCase() ?? '';
  // "error" beside no task is the state of the call, not of a task.
  if (word === 'error' && asText(body['task_id'] ?? body['id'] ?? data?.['task_id']) === undefined)
    return undefined;
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
  const metadata = asRecord(body['metadata']);
  const data = asRecord(body['data']);
  const inner = asRecord(data?.['data']);
  const video = asRecord(body['video']);
  const path = (...keys: string[]): unknown =>
    keys.reduce<unknown>((value, key) => asRecord(value)?.[key], metadata);
  // The places of API reference 9.2, in order; the first that yields a video counts.
  const places: unknown[] = [
    body['url'],
    body['video_url'],
    video ? video['url'] : body['video'],
    data?.['url'],
    inner?.['video_url'],
    inner?.['url'],
    data?.['fail_reason'],
    path('url'),
    path('output', 'video_url'),
    path('content', 'video_url'),
    path('result', 'video_url'),
    path('data', 'task_result', 'videos'),
    path('response', 'videos'),
  ];
  let expired = false;
  let links: string[] = [];
  let inline = false;
  for (const place of places) {
    const values = textsIn(place);
    expired ||= values.some((text) => text.trim().toLowerCase() === 'expired');
    links = [...new Set(values.filter((text) => /^https?:\/\//i.test(text)))];
    inline = values.some((text) => /^data:(video\/|application\/octet-stream)/i.test(text));
    if (links.length > 0 || inline) break;
  }
  const filtered = Number(path('response', 'raiMediaFilteredCount'));
  const expiresAt = metadata?.['expires_at'] ?? body['expires_at'];
  return {
    kind: 'succeeded',
    links,
    inline,
    expired: expired && links.length === 0 && !inline,
    filtered: Number.isFinite(filtered) && filtered > 0 ? filtered : 0,
    ...(isTime(expiresAt) ? { expiresAt: Math.round(expiresAt * 1000) } : {}),
  };
}

/** Whether a value is a time in seconds that can be kept: the store takes whole numbers up to 2^53 only. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 1e11;
}

/** A link, a list of links, or a list of objects with links. */
function textsIn(place: unknown): string[] {
  const items: unknown[] = Array.isArray(place) ? place : [place];
  return items.flatMap((item) => asText(item) ?? asText(asRecord(item)?.['url']) ?? []);
}
