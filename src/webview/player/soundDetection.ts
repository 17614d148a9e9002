/** Whether the sound of a clip reaches the user. */
export type SoundState = 'silentClip' | 'notKnown' | 'heard' | 'notHeard';

/** What has been found out by really decoding. */
export interface SoundEvidence {
  /** Whether the file has a sound track at all. */
  readonly hasAudio: boolean;
  /** Whether AAC could be decoded here; undefined while that is being tried, or where it can't be tried. */
  readonly probe: boolean | undefined;
  /** What the browser has decoded of this clip's sound, in bytes; undefined where it does not count. */
  readonly decodedBytes: number | undefined;
  /** So much of the clip has been played, in seconds. */
  readonly playedSeconds: number;
}

/** After so much playing, in seconds, a count of zero means that nothing is being decoded. */
const ENOUGH = 0.5;

/**
 * Judges by decoding alone: asked whether they can play AAC, desktop builds without a decoder say "probably". What
 * the browser really decoded of this clip counts more than the try on another.
 */
export function detectSound({ hasAudio, probe, decodedBytes, playedSeconds }: SoundEvidence): SoundState {
  if (!hasAudio) return 'silentClip';
  if (decodedBytes !== undefined && decodedBytes > 0) return 'heard';
  if (probe === false) return 'notHeard';
  if (decodedBytes === undefined) return probe === true ? 'heard' : 'notKnown';
  return playedSeconds >= ENOUGH ? 'notHeard' : 'notKnown';
}
