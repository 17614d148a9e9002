import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../common/clock';
import type { Library } from '../library/library';
import type { TaskPatch } from '../store/taskPatch';
import { toVideoRows, type StoredVideo } from '../store/record';
import type { PendingMarker } from '../store/pendingMarker';
import type { StoredNote } from '../task/failure';
import { takesTaskId } from '../task/idSource';
import { canMove } from '../task/phases';
import type { TaskStore } from '../store/store';
import type { Task } from '../task/task';

interface Parts {
  readonly store: TaskStore;
  readonly library: Library;
  readonly clock: Clock;
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
    const task = await store.taskWhenFree(id);
    const here = task?.phase === 'saved' ? await this.#videosHere(task) : [];
    // One with a failure lacks some of several videos.
    if (task?.phase === 'saved' && !task.failure && here.length === task.videos.length) return false;
    const note = { code: 'checkedAgain' } as const;
    const reopened = await store.update(id, (record) =>
      record.gatewayTaskId !== undefined &&
      canMove(record.phase, 'queued') &&
      // Another window may have been faster, and be done already: what was seen is old then.
      (record.phase !== 'saved' || record.updatedAt === task?.updatedAt)
        ? // From now on its videos are those that are here: they stay, whatever comes of the search for the others.
          { ...this.#reopen(note), videos: toVideoRows(here) }
        : undefined,
    );
    return reopened !== undefined;
  }

  /**
   * Follows the gateway's task with this id in place of one whose outcome is unknown, or whose id may be wrong.
   * @returns whether it is followed now; false also for what can be no task id
   */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    if (!isTaskId(gatewayTaskId)) return false;
    const note = { code: 'idAttached' } as const;
    const reopened = await this.#parts.store.update(id, (record) =>
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

  async #videosHere(task: Task): Promise<readonly StoredVideo[]> {
    const stored = task.videos.map(({ uri, ...video }) => ({
      ...video,
      file: path.basename(fileURLToPath(uri)),
    }));
    // A folder that can't be read says nothing about its files.
    const there = await Promise.all(
      stored.map(async ({ file }) => this.#parts.library.has(file).catch(() => true)),
    );
    return stored.filter((_, index) => there[index]);
  }
}

/** Ids are opaque, but these would ask the gateway for something else (API reference 5). */
function isTaskId(text: string): boolean {
  return /^\S+$/.test(text) && !['.', '..', 'download'].includes(text);
}
