/** Playback rates. 1 is normal speed. */
export const PLAYBACK_RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** Formats a duration as `0:07`, `12:34`, or `1:02:03`. The format is the same in every language. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** Formats a duration as ISO 8601 for the `datetime` attribute. */
export function toIsoDuration(ms: number): string {
  return `PT${Math.floor(Math.max(ms, 0) / 1000)}S`;
}

/** Frame rate to assume if the file doesn't state one. */
const DEFAULT_FRAME_RATE = 24;

/**
 * @returns the time in seconds of the next or previous frame. It's the middle of that frame: at its start, a
 * rounding error would show the frame before.
 */
export function frameTime(
  now: number,
  direction: 1 | -1,
  duration: number,
  framesPerSecond: number | null,
): number {
  const rate = framesPerSecond ?? DEFAULT_FRAME_RATE;
  // After a seek to the start of a frame, `currentTime` may be slightly smaller.
  const frame = Math.floor(now * rate + 0.01);
  const last = Math.max(Math.ceil(duration * rate - 0.01) - 1, 0);
  const target = Math.min(Math.max(frame + direction, 0), last);
  return Math.min((target + 0.5) / rate, duration);
}
