// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where everything fetched or made for tests lives; ignored by git and by the package. */
export const downloads = path.join(projectRoot, '.vscode-test');

/** @param {...string} parts below the project's folder */
export const inProject = (...parts) => path.join(projectRoot, ...parts);

/** Something a person can mend: shown as its sentence, without a stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * A JSON file's content, or undefined when there is none to read.
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

/** What is fetched beside package-lock.json, pinned so that a run can be repeated. */
export const versions = { codeServer: String(pinned?.['codeServer']), node22: String(pinned?.['node22']) };
