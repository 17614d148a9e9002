import { PictureFault } from './pictureFault';

/** Numbers within bytes; reading past their end is a picture that ends too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  u24le(at: number): number {
    return this.u16(at, true) | (this.u8(at + 2) << 16);
  }

  u32(at: number, littleEndian = false): number {
    return this.#view.getUint32(this.#check(at, 4), littleEndian);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(this.#check(at, 8));
  }

  i32le(at: number): number {
    return this.#view.getInt32(this.#check(at, 4), true);
  }

  /** Bytes as Latin-1 text. */
  text(at: number, length: number): string {
    return latin1(this.slice(at, length));
  }

  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(this.#check(at, length), at + length);
  }

  #check(at: number, length: number): number {
    if (at < 0 || at + length > this.bytes.length) {
      throw new PictureFault('truncated', `it ends before byte ${at + length}`);
    }
    return at;
  }
}

/** Whether a text stands at a place; false past the end. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return latin1(bytes.subarray(at, at + text.length)) === text;
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
