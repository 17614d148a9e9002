const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Without jitter. */
export const MAX_INTERVAL_MS = 30 * MINUTE;

/** A due time further ahead than this, in ms, was stored before the clock was set back (DESIGN 4.2). */
export const MAX_DUE_AHEAD_MS = 70 * MINUTE;

/** Delay between tasks that resume together. */
export const WAKE_SPACING_MS = 300;

/** Delay of the first status check after the submit, in ms (API reference 12). */
export const FIRST_POLL_DELAY_MS = 3 * SECOND;

/** Duration of a lease on sending or downloading, and its renewal interval, in ms (DESIGN 4.2). */
export const LEASE_MS = 30 * SECOND;
export const LEASE_RENEWAL_MS = 10 * SECOND;

/** Limits for connecting before a submit (DESIGN 5). */
export const MAX_CONNECT_ATTEMPTS = 3;
export const CONNECT_TIMEOUT_MS = 15 * SECOND;

/** Limits for a submit that the gateway rate-limits: number of sends, and total wait (DESIGN 5). */
export const MAX_SENDS = 3;
export const MAX_RESEND_WAIT_MS = 120 * SECOND;

/** A gateway without a useful response for this long is reported as unresponsive. */
export const UNRESPONSIVE_AFTER_MS = 2 * MINUTE;

/** Time after the submit during which "not found" is ignored (DESIGN 5). */
export const NOT_FOUND_GRACE_MS = 60 * SECOND;
/** Number of "not found" responses for a task or its video that are believed (DESIGN 5). */
export const NOT_FOUND_THRESHOLD = 3;
/** Minimum time between "not found" responses that count, in ms. */
export const NOT_FOUND_SPACING_MS = 10 * SECOND;
/** Maximum time for a succeeded task to report a link (DESIGN 5). */
export const MISSING_LINK_GRACE_MS = 10 * MINUTE;
/** Downloads are retried for this long after success, unless the video's own expiry is known (DESIGN 5). */
export const DOWNLOAD_TIMEOUT_MS = 24 * HOUR;

/** A step this late means that nothing could run in the meantime. */
const IDLE_GAP_MS = MAX_INTERVAL_MS + 5 * MINUTE;
/** Minimum time for download retries after such a gap, or after a time without a key: about seven attempts. */
export const IDLE_GAP_GRACE_MS = 10 * MINUTE;

/**
 * Returns how far the clock moved while nothing could run, in ms: the machine slept, or the clock was set forward or
 * back. Such a gap must not count toward any timeout. 0 if a step is merely late.
 * @param due planned time of the step, in ms since 1970
 */
export function clockGap(due: number, now: number): number {
  const late = now - due;
  return late > IDLE_GAP_MS || -late > MAX_DUE_AHEAD_MS ? late : 0;
}

/** Returns true if a planned time has passed. One further ahead than `furthest` was stored before the clock was set back. */
export function isPast(time: number | undefined, now: number, furthest: number): boolean {
  return time === undefined || time <= now || time > now + furthest;
}

/** Retry interval after a refused key, in ms (DESIGN 5). */
export const KEY_RECHECK_MS = 15 * MINUTE;

/** Interval in ms at which a locked keyring is read again. Unlocking it fires no event. */
export const LOCKED_RECHECK_MS = MINUTE;

/**
 * Interval between status checks in ms, without jitter (DESIGN 5, Rhythm).
 * @param age ms since the submit
 * @param base base interval in ms, from the setting
 */
export function pollInterval(age: number, base: number): number {
  if (age < 2 * MINUTE) return base;
  if (age < 10 * MINUTE) return Math.max(base, 8 * SECOND);
  if (age <= HOUR) return Math.max(base, 15 * SECOND);
  // Grows without a jump: 1 minute after two hours, 4 after four, 30 from eleven hours on.
  return Math.max(base, Math.min(MAX_INTERVAL_MS, 15 * SECOND * (age / HOUR) ** 2));
}

/**
 * Interval in ms after responses without information (DESIGN 5).
 * @param errorCount number of such responses in a row, at least 1
 * @param interval regular interval in ms
 */
export function errorRetryInterval(errorCount: number, interval: number): number {
  return Math.max(interval, Math.min(5 * MINUTE, interval * 2 ** Math.min(errorCount - 1, 16)));
}

/** Interval in ms before a failed download is retried: 2, 4, 8 … 60 s, then 5 min, then 30 min (DESIGN 5). */
export function downloadRetryInterval(errorCount: number): number {
  const steps = [2, 4, 8, 16, 32, 60, 300].map((seconds) => seconds * SECOND);
  return steps[Math.max(errorCount, 1) - 1] ?? MAX_INTERVAL_MS;
}

/** Minimum wait before a submit is sent again, whatever the gateway says. */
export const MIN_RESEND_INTERVAL_MS = 2 * SECOND;

/** Interval in ms before a rate-limited submit is sent again, if the gateway gave no time. */
export function resendInterval(sends: number): number {
  return 4 * SECOND * 2 ** sends;
}

/** Varies an interval by ±10%, so that windows and tasks don't run in step. @param random returns 0 to 1 */
export function withJitter(interval: number, random: () => number): number {
  return Math.round(interval * (0.9 + 0.2 * random()));
}
