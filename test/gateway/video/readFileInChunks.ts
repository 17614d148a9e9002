import { open } from 'node:fs/promises';

/** Reads a file, or a part of it, in chunks of exactly `chunkBytes`. The last one may be shorter. */
export async function* readFileInChunks(
  file: string,
  chunkBytes: number,
  from = 0,
  length = Infinity,
): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    let left = length;
    for (let position = from; left > 0;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, left));
      let filled = 0;
      while (filled < chunk.length) {
        const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) yield chunk.subarray(0, filled);
      if (filled < chunk.length) return;
      position += filled;
      left -= filled;
    }
  } finally {
    await handle.close();
  }
}
