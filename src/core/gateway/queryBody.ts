import { readJson, type JsonPath } from './jsonReader';

/** Where a query may carry a whole video as text (API reference 9.2). */
const VIDEO_KEYS: ReadonlySet<string> = new Set([
  'url',
  'video_url',
  'video',
  'fail_reason',
  'bytesBase64Encoded',
]);
/** Enough of such a text for any link, and to see that it is a video. */
const HEAD_BYTES = 16 * 1024;

/**
 * Parses the body of a query without holding the videos that may ride in it: of a text in a video's place
 * only the head is kept.
 * @throws GatewayError `badReply`, `cut`, `timeout`
 */
export function readQueryBody(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<unknown> {
  return readJson(chunks, {
    maxBytes,
    capture: (path) => (mayBeVideo(path) ? { keepBytes: HEAD_BYTES } : undefined),
  });
}

/** Whether the text at this place of a query's reply may be a whole video. */
export function mayBeVideo(path: JsonPath): boolean {
  const key = path.findLast((step) => typeof step === 'string');
  return key !== undefined && VIDEO_KEYS.has(key);
}
