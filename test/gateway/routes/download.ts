import type { Account } from '../accounts';
import type { DownloadTweaks, Exchange } from '../exchange';
import { families } from '../families/families';
import { isExpired } from '../pretendTask';
import { errorE1, type GatewayResponse } from '../gatewayResponse';
import { readFileInChunks } from '../video/readFileInChunks';
import { waitIfDue } from './view';

/** A multiple of three, so that the base64 of the chunks can be concatenated. */
const CHUNK_BYTES = 3 * 16 * 1024;

/** `GET /v1/video/generations/download?id=` (API reference 6.0): the video as base64 in JSON, twice. */
export async function download(exchange: Exchange, account: Account): Promise<GatewayResponse> {
  const { state } = exchange;
  const id = exchange.query.get('id') ?? '';
  if (id === '') return invalidRequest(400, 'id parameter is required');
  const task = state.tasks.visibleTo(account.user, id);
  if (task === undefined) return invalidRequest(404, 'Task not found');
  if (families.find(({ name }) => name === task.family)?.result !== 'download') {
    return invalidRequest(400, 'Video download is not supported for this task');
  }
  await waitIfDue(state, task);
  const now = state.clock.now();
  const snapshot = task.at(now);
  const video = task.videos?.[0];
  if (snapshot.status !== 'succeeded' || video === undefined)
    return upstreamRefusal(404, 'Video is not ready');
  if (isExpired(snapshot, now)) return upstreamRefusal(404, 'Video has expired');

  const { content } = exchange.download;
  const source: Source = {
    length: content?.length ?? video.bytes,
    open: () => (content === undefined ? readFileInChunks(video.file, CHUNK_BYTES) : inChunks(content)),
  };
  const tweaks = { dataUrl: state.shapes.dataUrl, ...exchange.download };
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    // No Content-Length: the service sends a response of this size chunked.
    body: { kind: 'stream', open: () => writeDownload(id, source, tweaks) },
  };
}

const invalidRequest = (status: number, message: string): GatewayResponse =>
  errorE1(status, { message, type: 'invalid_request_error' });

/** The response for unfinished, expired and deleted videos (API reference 6.0). */
const upstreamRefusal = (status: number, message: string): GatewayResponse =>
  errorE1(502, {
    message: `Upstream service returned status ${status}`,
    type: 'server_error',
    details: JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  });

interface Source {
  readonly length: number;
  open(): AsyncIterable<Buffer>;
}

/** Writes `size` before `base64` and `data_url` last, without the whole text in memory. */
async function* writeDownload(id: string, source: Source, tweaks: DownloadTweaks): AsyncGenerator<Buffer> {
  const size = source.length + tweaks.sizeOffset;
  const head = JSON.stringify({
    success: tweaks.success,
    generation_id: id,
    task_id: id,
    format: 'mp4',
    size,
  });
  yield Buffer.from(head.slice(0, -1));
  if (tweaks.base64) {
    yield Buffer.from(',"base64":"');
    yield* writeBase64(source, tweaks);
    yield Buffer.from('"');
  }
  if (tweaks.dataUrl === true) {
    yield Buffer.from(`,"data_url":"data:video${tweaks.escaped ? '\\/' : '/'}mp4;base64,`);
    yield* writeBase64(source, tweaks);
    yield Buffer.from('"');
  }
  yield Buffer.from(tweaks.trailingComma ? ',}' : '}');
}

async function* writeBase64(source: Source, tweaks: DownloadTweaks): AsyncGenerator<Buffer> {
  let left = 4 * Math.ceil(source.length / 3) - tweaks.missingCharacters;
  for await (const chunk of source.open()) {
    let text = chunk.toString('base64').slice(0, Math.max(0, left));
    left -= text.length;
    if (tweaks.escaped) text = text.replaceAll('/', '\\/').replaceAll('+', '\\u002b');
    yield Buffer.from(text, 'latin1');
  }
}

async function* inChunks(content: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < content.length; at += CHUNK_BYTES) yield content.subarray(at, at + CHUNK_BYTES);
}
