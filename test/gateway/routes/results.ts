import { createHmac } from 'node:crypto';
import type { Exchange, GatewayState } from '../exchange';
import type { TaskSnapshot } from '../pretendTask';
import { bytes, type GatewayResponse } from '../gatewayResponse';
import { readFileInChunks } from '../video/readFileInChunks';

/** How long links of tasks without an expiry date work: the documented day (API reference, section 11). */
const LINK_LIFETIME_MS = 24 * 3_600_000;
const CHUNK_BYTES = 64 * 1024;

/** A signed link to a finished video on the second origin (API reference 9.3). */
export function createResultLink(state: GatewayState, task: TaskSnapshot, index: number): string {
  const ends = task.expiresAt ?? (task.finishedAt ?? task.createdAt) + LINK_LIFETIME_MS;
  const path = `/results/${task.id}/${index}.mp4`;
  const expires = String(Math.floor(ends / 1_000));
  const signature = sign(state, path, expires);
  return `${state.resultsUrl}${path}?Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
}

/**
 * `GET` or `HEAD` of a result link (API reference 9.3). The query string must be unchanged, a key is refused,
 * and ranges are served.
 */
export function results({ state, request, path, query }: Exchange): GatewayResponse {
  if (request.headers.authorization !== undefined)
    return storageError(400, 'InvalidArgument', 'Only one auth mechanism allowed.');
  const expires = query.get('Expires') ?? '';
  if (query.get('Signature') !== sign(state, path, expires)) {
    return storageError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
  }
  if (state.clock.now() >= Number(expires) * 1_000)
    return storageError(403, 'AccessDenied', 'Request has expired.');
  const [, id = '', index = ''] = /^\/results\/([^/]+)\/(\d+)\.mp4$/.exec(path) ?? [];
  const video = state.tasks.get(id)?.videos?.[Number(index)];
  if (video === undefined) return storageError(404, 'NoSuchKey', 'The specified key does not exist.');
  return file(video.file, video.bytes, request.headers.range);
}

/** An error in the format of object storage. */
export function storageError(status: number, code: string, message: string): GatewayResponse {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>${code}</Code>\n  <Message>${message}</Message>\n</Error>\n`;
  return { status, headers: { 'content-type': 'application/xml' }, body: bytes(text) };
}

function sign(state: GatewayState, path: string, expires: string): string {
  return createHmac('sha1', state.linkSecret).update(`${path}\n${expires}`).digest('base64');
}

function file(name: string, size: number, range: string | undefined): GatewayResponse {
  const headers = { 'content-type': 'video/mp4', 'accept-ranges': 'bytes' };
  const requestedRange = parseRange(range, size);
  if (requestedRange === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` }, body: bytes('') };
  }
  const { from, length } = requestedRange ?? { from: 0, length: size };
  const open = (): AsyncIterable<Buffer> => readFileInChunks(name, CHUNK_BYTES, from, length);
  const body = { kind: 'stream', open, length } as const;
  if (requestedRange === undefined) return { status: 200, headers, body };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${from + length - 1}/${size}` },
    body,
  };
}

/** Supports one range and ignores anything else, as HTTP allows. */
function parseRange(
  header: string | undefined,
  size: number,
): { from: number; length: number } | 'unsatisfiable' | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (found === null || (found[1] === '' && found[2] === '')) return undefined;
  const last = found[1] === '' || found[2] === '' ? size - 1 : Math.min(Number(found[2]), size - 1);
  const from = found[1] === '' ? Math.max(0, size - Number(found[2])) : Number(found[1]);
  return from > last ? 'unsatisfiable' : { from, length: last - from + 1 };
}
