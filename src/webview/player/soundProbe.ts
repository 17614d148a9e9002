/**
 * Three tenths of a second of AAC, mono, 8 kHz, made with
 * `ffmpeg -f lavfi -i sine=frequency=440:duration=0.3:sample_rate=8000 -ac 1 -c:a aac -b:a 8k soundProbe.m4a`.
 */
import clip from './soundProbe.m4a';

/** Tries to decode a piece of AAC. Undefined when it could not be tried. */
export async function canDecodeAac(): Promise<boolean | undefined> {
  try {
    // Decoding takes the bytes away from us, so it gets a copy.
    const bytes = Uint8Array.from(clip).buffer;
    const decoded = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
    return decoded.length > 0;
  } catch (error) {
    return error instanceof DOMException && error.name === 'EncodingError' ? false : undefined;
  }
}
