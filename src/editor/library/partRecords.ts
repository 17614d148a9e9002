import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Clock } from '../../core/common/clock';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import type { AppContext } from '../common/appContext';

/** Older records belong to a window that crashed. */
const MAX_COPY_MS = 60 * 60_000;
const PART_NAME = /^\.nebula-video-[0-9a-f-]{36}\.part$/;

interface Dependencies extends Pick<AppContext, 'clock' | 'log'> {
  /** Folder in global storage with one file per copy in progress. */
  readonly folder: string;
}

/**
 * Records the part files of copies to a workspace, so that those of a crashed window are found and removed. Uses
 * files, not a memento, because several windows write at once.
 */
export class PartRecords {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ folder, clock, log }: Dependencies) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = withPrefix(log, 'saving');
  }

  /**
   * Runs work with a part file in a folder. The path is recorded first.
   * @param work called with the path. It must remove the file unless it fails.
   */
  async withPart(folder: string, work: (part: string) => Promise<void>): Promise<void> {
    const id = randomUUID();
    const part = path.join(folder, `.nebula-video-${id}.part`);
    const record = path.join(this.#folder, id);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(record, part, { flush: true });
    } catch (error) {
      // Not a reason to fail the copy.
      this.#log.warn(`a part file could not be recorded: ${describeError(error)}`);
    }
    try {
      await work(part);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await this.#forgetIfGone(part, record);
    }
  }

  /** Removes part files of crashed windows. */
  async cleanUp(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const record = path.join(this.#folder, name);
      try {
        const age = this.#clock.now() - (await stat(record)).mtimeMs;
        if (age < MAX_COPY_MS) continue;
        const part = await readFile(record, 'utf8');
        // Never delete anything but a part file.
        if (!PART_NAME.test(path.basename(part))) {
          await rm(record, { force: true });
          continue;
        }
        await rm(part, { force: true });
        await this.#forgetIfGone(part, record);
      } catch (error) {
        this.#log.warn(`a part file could not be removed: ${describeError(error)}`);
      }
    }
  }

  /** Keeps the record if the folder is on a disconnected drive: the part file may still exist. */
  async #forgetIfGone(part: string, record: string): Promise<void> {
    const names = await readdir(path.dirname(part)).catch(() => undefined);
    if (names && !names.includes(path.basename(part)))
      await rm(record, { force: true }).catch(() => undefined);
  }
}
