// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The folder for everything downloaded or generated for tests. Git and the package ignore it. */
export const downloads = path.join(projectRoot, '.vscode-test');

/** @param {...string} parts below the project's folder */
export const inProject = (...parts) => path.join(projectRoot, ...parts);

/** An error that the user can fix. Its message is shown without a stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Reads a JSON file, or returns undefined if it can't be read.
 * @param {string} file
 * @returns {Record<string, unknown> | undefined}
 */
export function readJson(file) {
  try {
    const content = /** @type {unknown} */ (JSON.parse(fs.readFileSync(file, 'utf8')));
    return typeof content === 'object' && content !== null
      ? /** @type {Record<string, unknown>} */ (content)
      : undefined;
  } catch {
    return undefined;
  }
}

const pinned = readJson(path.join(projectRoot, 'test', 'setup', 'versions.json'));

/** Versions of downloads that aren't in package-lock.json, pinned so that runs can be repeated. */
export const versions = { codeServer: String(pinned?.['codeServer']), node22: String(pinned?.['node22']) };
