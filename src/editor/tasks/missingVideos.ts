import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Library } from '../../core/library/library';
import type { Task } from '../../core/task/task';

/** Finds videos whose files are missing from the library. @returns their URIs by task ID */
export async function missingVideos(
  { folder }: Pick<Library, 'folder'>,
  tasks: readonly Task[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const saved = tasks.filter(({ phase }) => phase === 'saved');
  if (saved.length === 0) return new Map();
  // A folder that can't be read says nothing about its files.
  const files = await readdir(folder).catch((error: unknown) => (isGone(error) ? [] : undefined));
  if (!files) return new Map();
  const existing = new Set(files);
  const missing = saved.map(({ id, videos }) => {
    const gone = videos.filter(({ uri }) => !existing.has(path.basename(fileURLToPath(uri))));
    return [id, new Set(gone.map(({ uri }) => uri))] as const;
  });
  return new Map(missing.filter(([, gone]) => gone.size > 0));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
