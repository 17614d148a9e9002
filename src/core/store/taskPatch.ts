import type { Evidence } from '../common/evidence';
import type { MoneyFact } from '../common/moneyFact';
import type { VideoRequest } from '../models/request';
import type { StoredFailure, StoredNote } from '../task/failure';
import type { IdSource } from '../task/idSource';
import type { Phase } from '../task/phases';
import type { VideoRow } from '../task/videoRow';
import type { TaskRecord } from './record';

export interface NewTask {
  readonly id: string;
  readonly baseUrl: string;
  readonly keyId: string;
  readonly request: VideoRequest;
  readonly bodySha256: string;
  /** See {@link TaskRecord.basedOn}. */
  readonly basedOn?: string | undefined;
  readonly nextDue: number;
}

/** Changes to a record. Omitted fields stay; null clears a field. */
export interface TaskPatch {
  readonly phase?: Phase;
  /** Reason for the timeline. */
  readonly note?: StoredNote;
  readonly gatewayTaskId?: string;
  readonly idSource?: IdSource | null;
  readonly progress?: number | null;
  readonly failure?: StoredFailure | null;
  readonly submittedAt?: number;
  readonly succeededAt?: number | null;
  readonly expiresAt?: number | null;
  readonly nextDue?: number | null;
  /** End of the lease that this window takes. Any other change of `nextDue` ends a lease. */
  readonly leasedUntil?: number;
  readonly consecutiveErrors?: number;
  readonly notFoundCount?: number;
  readonly lastNotFoundAt?: number | null;
  readonly links?: readonly string[];
  readonly diskBlockedMs?: number;
  readonly diskFailedAt?: number | null;
  readonly notifiedAt?: number;
  readonly fetchProgress?: null;
  /** Replaces all of the task's video rows. */
  readonly videos?: readonly VideoRow[];
  /** Responses to store, redacted, in order of arrival. */
  readonly evidence?: readonly Evidence[];
  /** Merged with known facts; newer ones replace those with the same name and step. */
  readonly money?: readonly MoneyFact[];
}

/**
 * Decides inside the transaction how to change a record; undefined leaves it unchanged. `videos` reads the rows of its
 * videos.
 */
export type TaskUpdate = (record: TaskRecord, videos: () => readonly VideoRow[]) => TaskPatch | undefined;
