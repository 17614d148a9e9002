const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The longest that anything of ours is ever planned ahead, in ms; jitter comes on top. */
export const MAX_INTERVAL_MS = 30 * MINUTE;

/** A due time further ahead than this was written before the clock was set back (DESIGN 4.2), in ms. */
export const FURTHEST_AHEAD = 70 * MINUTE;

/** Between tasks that are woken together, in ms. */
export const WAKE_SPACING_MS = 300;

/** How soon a task is asked about for the first time after the submit (API reference 12). */
export const FIRST_POLL = 3 * SECOND;

/** How long a claim on sending or fetching lasts, and how often its holder renews it (DESIGN 4.2). */
export const LEASE = 30 * SECOND;
export const LEASE_RENEWAL = 10 * SECOND;

/** What a submit may spend on connecting: tries, and ms in all (DESIGN 5). */
export const CONNECT_TRIES = 3;
export const CONNECT_PATIENCE = 15 * SECOND;

/** What a submit may spend on being told to wait: sends, and ms of waiting in all (DESIGN 5). */
export const MOST_SENDS = 3;
export const MOST_WAITING = 120 * SECOND;

/** A gateway that has not answered for so long is said to be silent since when. */
export const LONG_SILENCE = 2 * MINUTE;

/** How long after the submit a missing task is believed to be on its way (DESIGN 5). */
export const MISSING_GRACE = 60 * SECOND;
/** So many answers that a task or its video is gone are believed (DESIGN 5). */
export const DENIALS_BELIEVED = 3;
/** How far apart answers about a task must be to count, in ms. */
export const DENIALS_APART = 10 * SECOND;
/** How long a succeeded task may go without saying where its video is (DESIGN 5). */
export const MISSING_LINK_GRACE_MS = 10 * MINUTE;
/** How long after success a video is fetched again and again, unless its own end is known (DESIGN 5). */
export const DOWNLOAD_TIMEOUT_MS = 24 * HOUR;

/** So long after its due time a step is taken only if nothing could be done meanwhile, in ms. */
export const IDLE_GAP_MS = MAX_INTERVAL_MS + 5 * MINUTE;
/** How long a video is at least tried for after a time without a key, in ms: some seven tries. */
export const IDLE_GAP_GRACE_MS = 10 * MINUTE;

/**
 * How far the clock went, in ms, while nothing could be done: the machine slept, or the clock was set, forward or back.
 * Such a time is no reason to give anything up. 0 if a step is just late.
 * @param due when the step was planned for, in ms since 1970
 */
export function clockGap(due: number, now: number): number {
  const late = now - due;
  return late > IDLE_GAP_MS || -late > FURTHEST_AHEAD ? late : 0;
}

/** How often a refused key is tried again by itself (DESIGN 5). */
export const RECHECK = 15 * MINUTE;

/** Interval in ms at which a locked keyring is read again. Unlocking it fires no event. */
export const LOCKED_RECHECK_MS = MINUTE;

/**
 * How long to wait before asking about a task again (DESIGN 5, Rhythm), without jitter.
 * @param age ms since the submit
 * @param base ms, from the setting
 */
export function pollInterval(age: number, base: number): number {
  if (age < 2 * MINUTE) return base;
  if (age < 10 * MINUTE) return Math.max(base, 8 * SECOND);
  if (age <= HOUR) return Math.max(base, 15 * SECOND);
  // Ever rarer, without a jump: 1 minute at two hours, 4 at four, half an hour at eleven and for ever after.
  return Math.max(base, Math.min(MAX_INTERVAL_MS, 15 * SECOND * (age / HOUR) ** 2));
}

/**
 * How long to wait after answers that told nothing (DESIGN 5, blips).
 * @param troubles how many in a row, 1 or more
 * @param interval the ordinary wait in ms
 */
export function blipInterval(troubles: number, interval: number): number {
  return Math.max(interval, Math.min(5 * MINUTE, interval * 2 ** Math.min(troubles - 1, 16)));
}

/** How long to wait before a failed fetch is tried again (DESIGN 5): 2, 4, 8 … 60 s, then 5 min, then 30 min. */
export function downloadRetryInterval(troubles: number): number {
  const steps = [2, 4, 8, 16, 32, 60, 300].map((seconds) => seconds * SECOND);
  return steps[Math.max(troubles, 1) - 1] ?? MAX_INTERVAL_MS;
}

/** The least to wait before that, whatever the gateway says, in ms. */
export const MIN_RESEND_INTERVAL_MS = 2 * SECOND;

/** How long to wait before a submit that was told to wait is sent again, when the gateway named no time. */
export function resendInterval(sends: number): number {
  return 4 * SECOND * 2 ** sends;
}

/** Spreads waits by ±10 %, so that windows and tasks do not march in step. `random` gives 0 to 1. */
export function jittered(interval: number, random: () => number): number {
  return Math.round(interval * (0.9 + 0.2 * random()));
}
