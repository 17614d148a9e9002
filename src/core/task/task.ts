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

/** Whether the gateway took money for a request, as far as anybody can know. */
export type Charged = 'no' | 'yes' | 'unknown';

/** Why a task ended without a video, or why its last attempt to go on did not work. */
export interface Failure {
  readonly kind: FailureKind;
  /** The gateway's own code, when it gave one. */
  readonly code?: string;
  /** A message for the user, in the display language: the summary, the charge and the details. Made when read. */
  readonly message: string;
  /** What happened and what helps, in the display language. Made when read. */
  readonly summary: string;
  /** The other side's own text, in whatever language. */
  readonly detail?: string;
  readonly charged: Charged;
  /** Whether the window ended before anything was sent. */
  readonly neverSent?: true;
  /** Why there was no key to query the gateway with: none at all, not approved for this address, or locked away. */
  readonly noKey?: 'none' | 'notApproved' | 'locked';
  /** Since when the gateway has not said how the task is doing, in ms since 1970; only while that lasts. */
  readonly since?: number;
}

/** One video of a task, in the library: MP4, QuickTime, WebM or what else the gateway delivered. */
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

/** One move of a task, or one that repeated itself. Times are milliseconds since 1970. */
export interface TimelineEntry {
  /** When it happened first. */
  readonly at: number;
  readonly phase: Phase;
  readonly note?: string;
  /** How often it happened, and when last; absent if once. */
  readonly count?: number;
  readonly lastAt?: number;
}

/** A frozen picture of one paid request. Public: see docs/api.md. */
export interface Task {
  readonly id: string;
  readonly gatewayTaskId?: string;
  /** The whole base URL that the request was sent to. */
  readonly origin: string;
  readonly request: VideoRequest;
  /** Our id of the earlier task that this one was asked for again from, changed or not; that one may be gone. */
  readonly basedOn?: string;
  readonly phase: Phase;
  /** 0 to 100; absent when the gateway gives none. */
  readonly progress?: number;
  /** How much of its videos has been fetched, 0 to 99; only while that goes on, and absent where nobody can tell. */
  readonly fetchProgress?: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly videos: readonly Video[];
  /** May be present before an end, while the last attempt failed. */
  readonly failure?: Failure;
  readonly timeline: readonly TimelineEntry[];
  /** Another of the gateway's task ids may be attached by hand; absent where not. */
  readonly takesTaskId?: true;
}

/** What changed between two looks at the store. */
export interface TaskChanges {
  readonly changed: readonly Task[];
  readonly removed: readonly string[];
}
