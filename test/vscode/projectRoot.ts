import fs from 'node:fs';
import path from 'node:path';

/** The project's own folder, found from wherever this was bundled to. */
export const projectRoot = findRoot(__dirname);

/** Where everything fetched or made for tests lives; ignored by git and by the package. */
export const testFolder = path.join(projectRoot, '.vscode-test');

function findRoot(folder: string): string {
  if (fs.existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`No package.json above ${__dirname}.`);
  return findRoot(parent);
}
