// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { inProject } from './project.mjs';

/** @typedef {import('./commands.mjs').Toolbox} Toolbox */

/**
 * Builds and packages the release. After that, `dist` contains the production build.
 * @param {Toolbox} tools
 * @param {string} file the package, relative to the project
 * @param {string[]} [args] more arguments of vsce
 * @returns {Promise<number>} the exit code
 */
export async function packageTo(tools, file, args = []) {
  const code = await tools.node(['esbuild.js', '--production']);
  if (code !== 0) return code;
  fs.mkdirSync(path.dirname(inProject(file)), { recursive: true });
  return tools.node([
    'node_modules/@vscode/vsce/vsce',
    'package',
    // The bundles contain all dependencies.
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    ...['--out', file],
    ...args,
  ]);
}
