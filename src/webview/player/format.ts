/** The speeds on offer, 1 being that of life. */
export const PLAYBACK_RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** A time as on a stop watch: `0:07`, `12:34`, `1:02:03`. It reads alike in every language. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The same for machines, as an ISO 8601 duration. */
export function isoDuration(ms: number): string {
  return `PT${Math.floor(Math.max(ms, 0) / 1000)}S`;
}

/** What a film has when nothing else is known. */
const USUAL_FRAMES_PER_SECOND = 24;

/**
 * Where to seek for the next or the last picture, in seconds. It aims at the middle of the picture: at its very
 * beginning a rounding error would show the one before.
 */
export function frameTime(
  now: number,
  direction: 1 | -1,
  duration: number,
  framesPerSecond: number | null,
): number {
  const rate = framesPerSecond ?? USUAL_FRAMES_PER_SECOND;
  // A seek to a picture's beginning may report a hair less.
  const frame = Math.floor(now * rate + 0.01);
  const last = Math.max(Math.ceil(duration * rate - 0.01) - 1, 0);
  const target = Math.min(Math.max(frame + direction, 0), last);
  return Math.min((target + 0.5) / rate, duration);
}
