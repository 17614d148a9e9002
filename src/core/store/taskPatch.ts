import type { VideoRequest } from '../models/request';
import type { Phase } from '../task/phases';
import type { IdSource } from '../task/idSource';
import type { StoredVideo, TaskRecord } from './record';
import type { StoredFailure, StoredNote } from '../task/failure';

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

/** What to write; a field left out stays, null empties it. */
export interface TaskPatch {
  readonly phase?: Phase;
  /** Why, for the timeline. */
  readonly note?: StoredNote;
  readonly gatewayTaskId?: string;
  readonly idSource?: IdSource | null;
  readonly progress?: number | null;
  readonly failure?: StoredFailure | null;
  readonly submittedAt?: number;
  readonly succeededAt?: number | null;
  readonly expiresAt?: number | null;
  readonly nextDue?: number | null;
  readonly troubles?: number;
  readonly denials?: number;
  readonly deniedAt?: number | null;
  readonly links?: readonly string[];
  readonly heldUpMs?: number;
  readonly diskFailedAt?: number | null;
  readonly announcedAt?: number;
  readonly fetchProgress?: null;
  readonly videos?: readonly StoredVideo[];
}

/**
 * Decides, inside the transaction, what becomes of a record; undefined leaves it as it is.
 * `videosHere` counts the videos of it that are in the library.
 */
export type Decide = (record: TaskRecord, videosHere: () => number) => TaskPatch | undefined;
