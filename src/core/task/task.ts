import type { VideoRequest } from '../models/request';
import type { Phase } from './phases';

export const FAILURE_KINDS = [
  'moderation',
  'parameter',
  'image',
  'quota',
  'key',
  'permission',
  'modelGone',
  'rateLimit',
  'upstream',
  'network',
  'expired',
  'badReply',
  'disk',
  'proxy',
  'unknown',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** Whether the gateway charged for a request, as far as known. */
export type Charged = 'no' | 'yes' | 'unknown';

/** Why a task ended without a video, or why its last attempt failed. */
export interface Failure {
  readonly kind: FailureKind;
  /** The gateway's machine-readable code, if any. */
  readonly code?: string;
  /** Message for the user in the display language: the summary, the charge and the details. Formatted when read. */
  readonly message: string;
  /** One or two sentences in the display language. Formatted when read. */
  readonly summary: string;
  /** The server's text, in any language. */
  readonly detail?: string;
  readonly charged: Charged;
  /** The window closed before anything was sent. */
  readonly neverSent?: true;
  /** Why there was no key to query the gateway with: none, not approved for this address, or a locked keyring. */
  readonly noKey?: 'none' | 'notApproved' | 'locked';
  /** Time since which the gateway hasn't reported the task's status, in ms since 1970; absent if it does. */
  readonly since?: number;
}

/** A video of a task in the library: MP4, QuickTime, WebM or another format that the gateway delivered. */
export interface Video {
  /** File URI. */
  readonly uri: string;
  readonly bytes: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  readonly hasAudio: boolean;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Received completely, but couldn't be checked: it may not play, and numbers may be 0. */
  readonly unverified?: true;
}

/** A phase change of a task, maybe repeated. Times are milliseconds since 1970. */
export interface TimelineEntry {
  /** Time of the first occurrence. */
  readonly at: number;
  readonly phase: Phase;
  readonly note?: string;
  /** Number of occurrences, and the time of the last one; absent if only one. */
  readonly count?: number;
  readonly lastAt?: number;
}

/** A frozen snapshot of a task. Public: see docs/api.md. */
export interface Task {
  readonly id: string;
  readonly gatewayTaskId?: string;
  /** The complete base URL that the request was sent to. */
  readonly origin: string;
  readonly request: VideoRequest;
  /** ID of the earlier task that this one repeats, changed or not. That task may have been removed. */
  readonly basedOn?: string;
  readonly phase: Phase;
  /** 0 to 100; absent if the gateway doesn't report it. */
  readonly progress?: number;
  /** Download progress, 0 to 99; absent if unknown, or if nothing is being downloaded. */
  readonly fetchProgress?: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly videos: readonly Video[];
  /** Before a final phase, why the last attempt failed. */
  readonly failure?: Failure;
  readonly timeline: readonly TimelineEntry[];
  /** Of a stopped task, what is known about the charge. For other phases, see `failure.charged`. */
  readonly charged?: Charged;
  /** True if the user may attach another of the gateway's task IDs. */
  readonly takesTaskId?: true;
}

/** Tasks that changed, and IDs of tasks that were removed. */
export interface TaskChanges {
  readonly changed: readonly Task[];
  readonly removed: readonly string[];
}
