import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds the project's folder: the nearest parent of this bundle with a package.json, else the working
 * directory's.
 */
export function findProjectRoot(): string {
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (existsSync(join(folder, 'package.json'))) return folder;
      if (dirname(folder) === folder) break;
    }
  }
  throw new Error('No package.json in this folder or above it.');
}
