import { originOf } from '../gateway/baseUrl';
import { RequestError } from '../models/family';
import type { TaskPatch } from '../store/taskPatch';
import type { TaskRecord } from '../store/record';
import type { StoredNote } from '../task/failure';
import { canAttachTaskId } from '../task/idSource';
import { canTransition } from '../task/phases';
import type { VideoRow } from '../task/videoRow';
import { keyEnteredMessage } from './keyGuard';
import { expectedRow } from './videoRows';
import type { TaskServices } from './taskServices';

/** Reopens ended tasks at the user's request. Never sends a request again. */
export class TaskReopener {
  readonly #deps: TaskServices;

  constructor(deps: TaskServices) {
    this.#deps = deps;
  }

  /**
   * Tracks a task again that failed, was lost or stopped, or whose files are missing. Costs nothing.
   * @returns true if the task is tracked again
   */
  async checkAgain(id: string): Promise<boolean> {
    const { store } = this.#deps;
    const seen = await store.readRecord(id);
    if (!seen) return false;
    const missing = seen.phase === 'saved' ? await this.#missingFiles(seen) : new Set<string>();
    // A saved task with a failure lacks some of its videos.
    if (seen.phase === 'saved' && !seen.failure && missing.size === 0) return false;
    const note = { code: 'checkedAgain' } as const;
    const reopened = await store.update(id, (record, videos) =>
      record.gatewayTaskId !== undefined &&
      canTransition(record.phase, 'queued') &&
      // If another window changed it, the missing files are outdated.
      (record.phase !== 'saved' || record.version === seen.version)
        ? // Videos in the library stay, whether or not the others are found.
          {
            ...this.#reopenPatch(note),
            videos: videos().map((row) => (hasFile(row, missing) ? row : expectedRow(row))),
          }
        : undefined,
    );
    return reopened !== undefined;
  }

  /**
   * Tracks the gateway's task with this ID in place of one whose outcome is unknown, or whose ID may be wrong.
   * @returns true if it's tracked now
   * @throws RequestError if an API key was pasted in place of the ID
   */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    const { store, keys, l10n } = this.#deps;
    if (!isTaskId(gatewayTaskId)) return false;
    const task = await store.readRecord(id);
    // The check recognizes only keys that were read before.
    if (task) await keys.keyFor(originOf(task.baseUrl));
    if (keys.looksLikeKey(gatewayTaskId)) throw new RequestError(keyEnteredMessage(l10n));
    const note = { code: 'idAttached' } as const;
    const reopened = await store.update(id, (record) =>
      canAttachTaskId(record)
        ? { ...this.#reopenPatch(note), gatewayTaskId, idSource: 'byHand', succeededAt: null, links: [] }
        : undefined,
    );
    return reopened !== undefined;
  }

  /** Sets the pending marker and returns a patch that queues the task without its earlier counts. */
  #reopenPatch(note: StoredNote): TaskPatch {
    this.#deps.marker.set();
    return {
      phase: 'queued',
      note,
      failure: null,
      progress: null,
      nextDue: this.#deps.clock.now(),
      consecutiveErrors: 0,
      notFoundCount: 0,
      lastNotFoundAt: null,
      expiresAt: null,
      diskBlockedMs: 0,
      diskFailedAt: null,
    };
  }

  async #missingFiles({ id }: TaskRecord): Promise<ReadonlySet<string>> {
    const { store, library } = this.#deps;
    const missing = new Set<string>();
    for (const { file } of await store.videos(id)) {
      // A folder that can't be read says nothing about its files.
      if (file !== undefined && !(await library.has(file).catch(() => true))) missing.add(file);
    }
    return missing;
  }
}

function hasFile({ state, file }: VideoRow, missing: ReadonlySet<string>): boolean {
  return state === 'fetched' || (file !== undefined && state !== 'gone' && !missing.has(file));
}

/** Veo's IDs have up to 214 characters. */
const MAX_TASK_ID_LENGTH = 2000;

/** Returns true for one opaque word that isn't another path of the API (API reference 5). */
export function isTaskId(text: string): boolean {
  return (
    /^[\x21-\x7e]+$/.test(text) &&
    text.length <= MAX_TASK_ID_LENGTH &&
    !['.', '..', 'download'].includes(text)
  );
}
