import type { StoredFailure } from './failure';

/**
 * `expected`: known to exist, nothing received. `fetched`: complete in a part file, verified or kept as unverified.
 * `placed`: renamed into the library. `recorded`: its sidecar is written too. `gone`: no longer available.
 */
export const VIDEO_STATES = ['expected', 'fetched', 'placed', 'recorded', 'gone'] as const;

export type VideoState = (typeof VIDEO_STATES)[number];

/** A video of a task (DESIGN 5, Download). Rows are created when the task succeeds and never removed. */
export interface VideoRow {
  /** Counts from 0; also the order in the task. */
  readonly position: number;
  readonly state: VideoState;
  /** Identifies the video across responses: a hash of its link without the signature. */
  readonly mark?: string;
  /** The last known link, or `inline:<path>` for a video inside the response. */
  readonly link?: string;
  /** Name of its part file, from `fetched` until it is placed. */
  readonly part?: string;
  /** Its name in the library folder, from `placed` on. */
  readonly file?: string;
  readonly bytes?: number;
  /** Lower-case hex. */
  readonly sha256?: string;
  readonly container?: 'mp4' | 'mov' | 'webm' | 'unknown';
  /** Pixels; 0 if unknown. */
  readonly width?: number;
  readonly height?: number;
  readonly durationSeconds?: number;
  readonly hasAudio?: boolean;
  /** Received completely, but couldn't be checked. */
  readonly unverified?: true;
  /** Hash of a complete download that couldn't be verified; the same bytes a second time are kept. */
  readonly refusedSha256?: string;
  /** Failed attempts of the current step, and the time of the next one, in ms since 1970. */
  readonly attempts?: number;
  readonly nextTry?: number;
  /** Time since which its link has been refused, in ms since 1970. */
  readonly refusedSince?: number;
  /** Why the last attempt failed, or why the video is gone. */
  readonly reason?: StoredFailure;
}
