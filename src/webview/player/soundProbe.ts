/**
 * 0.3 s of mono AAC at 8 kHz, created with `ffmpeg -f lavfi -i sine=frequency=440:duration=0.3:sample_rate=8000
 * -ac 1 -c:a aac -b:a 8k soundProbe.m4a`.
 */
import clip from './soundProbe.m4a';

/**
 * Tries to decode AAC.
 * @returns undefined if decoding couldn't be tried
 */
export async function canDecodeAac(): Promise<boolean | undefined> {
  try {
    // Decoding detaches the buffer, so pass a copy.
    const bytes = Uint8Array.from(clip).buffer;
    const decoded = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
    return decoded.length > 0;
  } catch (error) {
    return error instanceof DOMException && error.name === 'EncodingError' ? false : undefined;
  }
}
