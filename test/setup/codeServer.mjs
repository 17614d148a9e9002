// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { installApart } from './packages.mjs';
import { downloads, versions } from './project.mjs';

/**
 * Installs a real VS Code, its server and workbench, from the npm package code-server. It isn't a dependency
 * of the project, because its install script would build native modules that aren't needed.
 * @param {import('./processes.mjs').ProcessOwner} owner
 */
export async function ensureCodeServer(owner) {
  const folder = path.join(downloads, `code-server-${versions.codeServer}`);
  const vscode = path.join('node_modules', 'code-server', 'lib', 'vscode');
  if (fs.existsSync(path.join(folder, vscode, 'node_modules'))) return;
  console.log(`Installing VS Code (code-server ${versions.codeServer}); about 700 MB on disk, once.`);
  await installApart(owner, folder, `code-server@${versions.codeServer}`, vscode);
}
