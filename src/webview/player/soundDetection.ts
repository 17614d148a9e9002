/** Whether the user can hear a clip. */
export type SoundState = 'noAudio' | 'unknown' | 'audible' | 'inaudible';

export interface SoundEvidence {
  /** Whether the file has an audio track. */
  readonly hasAudio: boolean;
  /** Whether AAC can be decoded, or undefined if unknown. */
  readonly probe: boolean | undefined;
  /** Audio bytes decoded from this clip, or undefined if the browser doesn't count them. */
  readonly decodedBytes: number | undefined;
  readonly playedSeconds: number;
}

/** After this much playback, a count of 0 means that audio isn't being decoded. */
const MIN_PLAYED_SECONDS = 0.5;

/**
 * Determines whether a clip is audible from what was decoded. `canPlayType` can't be used: builds without an AAC
 * decoder also return "probably". Bytes decoded from this clip count more than the probe.
 */
export function detectSound({ hasAudio, probe, decodedBytes, playedSeconds }: SoundEvidence): SoundState {
  if (!hasAudio) return 'noAudio';
  if (decodedBytes !== undefined && decodedBytes > 0) return 'audible';
  if (probe === false) return 'inaudible';
  if (decodedBytes === undefined) return probe === true ? 'audible' : 'unknown';
  return playedSeconds >= MIN_PLAYED_SECONDS ? 'inaudible' : 'unknown';
}
