import { createHash } from 'node:crypto';

/** A multiple of three, so that the base64 of the chunks can be concatenated. */
const BLOCK_BYTES = 3 * 1024 * 1024;
/** Size and name of a box (ISO/IEC 14496-12, 4.2). */
const BOX_HEAD_BYTES = 8;

/**
 * A real clip that is extended to any size by a box of free space, so it's still a complete video. The free
 * space repeats one block of noise, so that a large video needs no memory.
 */
export class PaddedVideo {
  readonly bytes: number;
  readonly #first: Buffer;
  readonly #last: Buffer;

  /** @param bytes total size, larger than the clip by more than a block */
  constructor(clip: Buffer, bytes: number) {
    const head = Buffer.alloc(BOX_HEAD_BYTES);
    head.writeUInt32BE(bytes - clip.length);
    head.write('free', 4, 'latin1');
    const start = clip.length + head.length;
    this.#first = Buffer.concat([clip, head, Buffer.alloc((3 - (start % 3)) % 3)]);
    const left = bytes - this.#first.length;
    if (left < BLOCK_BYTES) throw new Error(`A video of ${bytes} bytes leaves no room behind its clip.`);
    this.#last = NOISE.subarray(0, left % BLOCK_BYTES);
    this.bytes = bytes;
  }

  /** The bytes in order. Only the last chunk may not be a multiple of three. */
  *pieces(): Generator<Buffer> {
    yield this.#first;
    for (let at = this.#first.length; at < this.bytes - this.#last.length; at += BLOCK_BYTES) yield NOISE;
    yield this.#last;
  }

  /** Lowercase hex. */
  get sha256(): string {
    const hash = createHash('sha256');
    for (const piece of this.pieces()) hash.update(piece);
    return hash.digest('hex');
  }
}

/** Incompressible bytes, the same in every run. */
const NOISE = noise(BLOCK_BYTES);

function noise(bytes: number): Buffer {
  const block = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 4) {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block.writeInt32LE(state, at);
  }
  return block;
}
