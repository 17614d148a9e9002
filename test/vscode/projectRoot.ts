import fs from 'node:fs';
import path from 'node:path';

/** The project's folder, wherever this is bundled to. */
export const projectRoot = findRoot(__dirname);

/** The folder for everything downloaded or generated for tests. Git and the package ignore it. */
export const testFolder = path.join(projectRoot, '.vscode-test');

function findRoot(folder: string): string {
  if (fs.existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`No package.json above ${__dirname}.`);
  return findRoot(parent);
}
