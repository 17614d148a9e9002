import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Library } from '../../core/library/library';
import type { Task } from '../../core/tasks/task';

/**
 * The ids of those tasks whose videos' files are no longer in the library: somebody cleared it by hand. One look at
 * the folder for all of them.
 */
export async function missingVideos(
  { folder }: Pick<Library, 'folder'>,
  tasks: readonly Task[],
): Promise<ReadonlySet<string>> {
  const saved = tasks.filter(({ phase }) => phase === 'saved');
  if (saved.length === 0) return new Set();
  // A folder that can't be read says nothing about its files.
  const files = await readdir(folder).catch((error: unknown) => (isGone(error) ? [] : undefined));
  if (!files) return new Set();
  const there = new Set(files);
  const isMissing = ({ videos }: Task) =>
    videos.some(({ uri }) => !there.has(path.basename(fileURLToPath(uri))));
  return new Set(saved.filter(isMissing).map(({ id }) => id));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
