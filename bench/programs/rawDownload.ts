// The minimal download: streams the base64 field to the disk, hashed and synced. It relies on the exact form
// of the response and handles no errors, so anything faster must be incomplete.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { downloadOrder, runProgram } from './program';

const FIELD = '"base64":"';
const QUOTE = 0x22;

runProgram(downloadOrder, async ({ baseUrl, taskId, key, folder }) => {
  const file = path.join(folder, 'raw.mp4');
  const url = `${baseUrl}/v1/video/generations/download?id=${encodeURIComponent(taskId)}`;
  const started = performance.now();
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(url, { agent: false, headers: { authorization: `Bearer ${key}` } }, resolve).on('error', reject);
  });
  const handle = await open(file, 'wx');
  const hash = createHash('sha256');
  let writing: Promise<unknown> = Promise.resolve();
  for await (const text of base64Of(response)) {
    const bytes = Buffer.from(text.toString('latin1'), 'base64');
    hash.update(bytes);
    // One chunk is written while the next one arrives.
    await writing;
    writing = handle.write(bytes);
  }
  await writing;
  await handle.sync();
  await handle.close();
  hash.digest('hex');
  return { ms: performance.now() - started, file };
});

/** Yields the text of the field in chunks whose length is a multiple of four. */
async function* base64Of(response: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let inside = false;
  for await (const chunk of response) {
    let text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!inside) {
      const at = text.indexOf(FIELD);
      inside = at >= 0;
      if (inside) text = text.subarray(at + FIELD.length);
    }
    const end = inside ? text.indexOf(QUOTE) : -1;
    if (end >= 0) {
      yield text.subarray(0, end);
      return;
    }
    const whole = inside ? text.length - (text.length % 4) : 0;
    if (whole > 0) yield text.subarray(0, whole);
    rest = text.subarray(whole);
  }
  throw new Error('The reply ended before its video.');
}
