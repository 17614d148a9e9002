// The server for all measurements. It runs in its own process, so that its work isn't measured.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, pipeline } from 'node:stream';
import { readClip } from './clip';
import { PaddedVideo } from './paddedVideo';
import type { Exchange } from './videoServer';

/** The chunk size in which a gateway passes on data. */
const PIECE_BYTES = 64 * 1024;

/**
 * The ID of a finished task contains the size of its video. For inline IDs, the video is in the response to a
 * query.
 */
const VIDEO_ID = /^video_(\d+)$/;
const INLINE_ID = /^inline_(\d+)$/;

const exchanges: Exchange[] = [];
/** Base64 of the chunks, so that encoding doesn't slow down the measurement. */
const encoded = new Map<Buffer, Buffer>();

function base64(piece: Buffer): Buffer {
  let text = encoded.get(piece);
  if (!text) encoded.set(piece, (text = Buffer.from(piece.toString('base64'), 'latin1')));
  return text;
}

/** The documented response (API reference 6.0): `size` before `base64`, `data_url` last. */
function* reply(id: string, video: PaddedVideo): Generator<Buffer> {
  const head = { success: true, generation_id: id, task_id: id, format: 'mp4', size: video.bytes };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"base64":"`);
  for (const piece of video.pieces()) yield base64(piece);
  yield Buffer.from('","data_url":"data:video/mp4;base64,');
  for (const piece of video.pieces()) yield base64(piece);
  yield Buffer.from('"}');
}

/** A response to a query that contains the video itself (Q9 in API reference 5.2). */
function* inlineReply(id: string, video: PaddedVideo): Generator<Buffer> {
  const head = { task_id: id, status: 'succeeded', format: 'mp4' };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"url":"data:video/mp4;base64,`);
  for (const piece of video.pieces()) yield base64(piece);
  yield Buffer.from('"}');
}

function sendVideo(response: http.ServerResponse, text: Iterable<Buffer>): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  // A client that has the data it needs closes the connection. That isn't an error.
  pipeline(Readable.from(pieces(text)), response, () => undefined);
}

function* pieces(texts: Iterable<Buffer>): Generator<Buffer> {
  for (const text of texts) {
    for (let at = 0; at < text.length; at += PIECE_BYTES) yield text.subarray(at, at + PIECE_BYTES);
  }
}

function sendJson(response: http.ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

async function main(): Promise<void> {
  const clip = await readClip();
  const videos = new Map<number, PaddedVideo>();
  const videoOf = (id: string): PaddedVideo => {
    const bytes = Number((VIDEO_ID.exec(id) ?? INLINE_ID.exec(id))?.[1]);
    let video = videos.get(bytes);
    if (!video) videos.set(bytes, (video = new PaddedVideo(clip, bytes)));
    return video;
  };
  let submits = 0;

  const server = http.createServer((request, response) => {
    const at = process.hrtime.bigint();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/bench/exchanges') {
      sendJson(response, exchanges.splice(0));
      return;
    }
    const { socket } = request;
    const before = socket.bytesWritten;
    response.once('close', () => {
      exchanges.push({
        path: `${request.method ?? ''} ${pathname}`,
        at: String(at),
        sent: socket.bytesWritten - before,
      });
    });
    request.resume();
    if (pathname === '/v1/video/generations/download') {
      const id = searchParams.get('id') ?? '';
      sendVideo(response, reply(id, videoOf(id)));
    } else if (request.method === 'POST') {
      sendJson(response, { task_id: `video_submitted_${++submits}`, status: 'submitted' });
    } else {
      const id = pathname.split('/').at(-1) ?? '';
      if (INLINE_ID.test(id)) {
        sendVideo(response, inlineReply(id, videoOf(id)));
        return;
      }
      const status = VIDEO_ID.test(id) ? 'succeeded' : 'in_progress';
      sendJson(response, { task_id: id, status, format: 'mp4', url: '' });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  // Exits with its parent process, however that ended.
  process.once('disconnect', () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
