import type { ByteSource } from '../../../src/core/mp4/boxes';

/** A source for bytes in memory. */
export function sourceFromBytes(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}
