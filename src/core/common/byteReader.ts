/**
 * Reads numbers and text from bytes, big-endian by default. Reading past the end throws the error that
 * `outOfRange` creates, so that each format reports its own error.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #outOfRange: (end: number) => Error;

  constructor(bytes: Uint8Array, outOfRange: (end: number) => Error) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#outOfRange = outOfRange;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#check(at, 1));
  }

  u16(at: number, littleEndian = false): number {
    return this.#view.getUint16(this.#check(at, 2), littleEndian);
  }

  u24(at: number, littleEndian = false): number {
    const [low, high] = littleEndian ? [at, at + 2] : [at + 1, at];
    return this.u16(low, littleEndian) | (this.u8(high) << 16);
  }

  u32(at: number, littleEndian = false): number {
    return this.#view.getUint32(this.#check(at, 4), littleEndian);
  }

  /** Exact up to 2^53, which no real size or time exceeds. */
  u64(at: number): number {
    return Number(this.#view.getBigUint64(this.#check(at, 8)));
  }

  i32(at: number, littleEndian = false): number {
    return this.#view.getInt32(this.#check(at, 4), littleEndian);
  }

  /** Bytes as Latin-1 text. */
  text(at: number, length: number): string {
    return latin1(this.slice(at, length));
  }

  /** A view, not a copy. */
  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(this.#check(at, length), at + length);
  }

  #check(at: number, length: number): number {
    if (!(at >= 0 && at + length <= this.bytes.length)) throw this.#outOfRange(at + length);
    return at;
  }
}

/** @returns true if the text is at the position. False past the end. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return latin1(bytes.subarray(at, at + text.length)) === text;
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
