import type { Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import type { KeySource } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { Library } from '../library/library';
import { RequestError } from '../models/family';
import type { TaskPatch } from '../store/taskPatch';
import type { TaskRecord } from '../store/record';
import type { PendingMarker } from '../store/pendingMarker';
import type { StoredNote } from '../task/failure';
import { takesTaskId } from '../task/idSource';
import { canMove } from '../task/phases';
import type { TaskStore } from '../store/store';
import type { VideoRow } from '../task/videoRow';
import { keyEnteredMessage } from './keyGuard';
import { expectedRow } from './videoRows';

interface Parts {
  readonly store: TaskStore;
  readonly library: Library;
  readonly keys: KeySource;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly marker: PendingMarker;
}

/** Brings ended tasks back to life, by the user's word. Nothing is ever sent again by it. */
export class Reopener {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Asks the gateway once more about a task that has ended: one that failed, was lost or stopped, or whose file has
   * gone missing. It costs nothing. @returns whether the task is followed again
   */
  async lookAgain(id: string): Promise<boolean> {
    const { store } = this.#parts;
    const seen = await store.recordWhenFree(id);
    if (!seen) return false;
    const missing = seen.phase === 'saved' ? await this.#missingFiles(seen) : new Set<string>();
    // One with a failure lacks some of several videos.
    if (seen.phase === 'saved' && !seen.failure && missing.size === 0) return false;
    const note = { code: 'checkedAgain' } as const;
    const reopened = await store.update(id, (record, videos) =>
      record.gatewayTaskId !== undefined &&
      canMove(record.phase, 'queued') &&
      // Another window may have been faster, and be done already: what was seen is outdated then.
      (record.phase !== 'saved' || record.version === seen.version)
        ? // Videos that are in the library stay, whatever comes of the search for the others.
          {
            ...this.#reopen(note),
            videos: videos().map((row) => (isHere(row, missing) ? row : expectedRow(row))),
          }
        : undefined,
    );
    return reopened !== undefined;
  }

  /**
   * Tracks the gateway's task with this ID in place of one whose outcome is unknown, or whose ID may be wrong.
   * @returns true if it's tracked now
   * @throws RequestError if a key was pasted in place of the ID
   */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    const { store, keys, l10n } = this.#parts;
    if (!isTaskId(gatewayTaskId)) return false;
    const task = await store.recordWhenFree(id);
    // A key is known only once it was read.
    if (task) await keys.keyFor(originOf(task.baseUrl));
    if (keys.looksLikeKey(gatewayTaskId)) throw new RequestError(keyEnteredMessage(l10n));
    const note = { code: 'idAttached' } as const;
    const reopened = await store.update(id, (record) =>
      takesTaskId(record)
        ? { ...this.#reopen(note), gatewayTaskId, idSource: 'byHand', succeededAt: null, links: [] }
        : undefined,
    );
    return reopened !== undefined;
  }

  /** Inside the transaction: the task is unfinished again, and asked about at once with a clean slate. */
  #reopen(note: StoredNote): TaskPatch {
    this.#parts.marker.set();
    return {
      phase: 'queued',
      note,
      failure: null,
      progress: null,
      nextDue: this.#parts.clock.now(),
      troubles: 0,
      denials: 0,
      deniedAt: null,
      expiresAt: null,
      heldUpMs: 0,
      diskFailedAt: null,
    };
  }

  /** Files of a task's videos that are no longer in the library. */
  async #missingFiles({ id }: TaskRecord): Promise<ReadonlySet<string>> {
    const { store, library } = this.#parts;
    let files: readonly string[] = [];
    await store.update(id, (_, videos) => {
      files = videos().flatMap(({ file }) => file ?? []);
      return undefined;
    });
    const missing = new Set<string>();
    for (const file of files) {
      // A folder that can't be read says nothing about its files.
      if (!(await library.has(file).catch(() => true))) missing.add(file);
    }
    return missing;
  }
}

/** Whether a video has been received, and its file isn't missing. */
function isHere({ state, file }: VideoRow, missing: ReadonlySet<string>): boolean {
  return state === 'fetched' || (file !== undefined && state !== 'gone' && !missing.has(file));
}

/** Longer IDs than any gateway's: those of Veo have up to 214 characters. */
const MAX_TASK_ID_LENGTH = 2000;

/** Whether a text can be a gateway's task ID: one opaque word that doesn't name another path (API reference 5). */
export function isTaskId(text: string): boolean {
  return (
    /^[\x21-\x7e]+$/.test(text) &&
    text.length <= MAX_TASK_ID_LENGTH &&
    !['.', '..', 'download'].includes(text)
  );
}
