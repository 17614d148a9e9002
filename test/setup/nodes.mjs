// @ts-check
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { installApart } from './packages.mjs';
import { downloads, inProject, readJson, SetupError, versions } from './project.mjs';

/** @typedef {import('./processes.mjs').ProcessOwner} ProcessOwner */

const program = process.platform === 'win32' ? 'node.exe' : 'node';

/**
 * The Node for everything, from the npm package `node`. Its version is that of current VS Code.
 * @param {ProcessOwner} owner
 * @returns {Promise<string>} its path
 */
export async function ensureNode24(owner) {
  const bundled = inProject('node_modules', 'node', 'bin', program);
  if (majorOf(bundled) === 24) return bundled;
  // The package downloads Node in an install script, which some machines forbid.
  const version = readJson(inProject('node_modules', 'node', 'package.json'))?.['version'];
  if (typeof version === 'string') {
    try {
      return await ensureNode(owner, version);
    } catch (error) {
      if (majorOf(process.execPath) !== 24) throw error;
    }
  }
  if (majorOf(process.execPath) === 24) return process.execPath;
  throw new SetupError('Node.js 24 could not be had from npm; start this with Node.js 24 instead.');
}

/**
 * The Node of the oldest supported VS Code, for the unit tests.
 * @param {ProcessOwner} owner
 * @returns {Promise<string>} its path
 */
export const ensureNode22 = (owner) => ensureNode(owner, versions.node22);

/**
 * @param {ProcessOwner} owner
 * @param {string} version
 */
async function ensureNode(owner, version) {
  const name = platformPackage();
  const folder = path.join(downloads, `node-${version}`);
  const binary = path.join(folder, 'node_modules', name, 'bin', program);
  if (!fs.existsSync(binary)) {
    console.log(`Installing Node.js ${version} for the tests.`);
    await installApart(owner, folder, `${name}@${version}`);
  }
  if (majorOf(binary) !== undefined) return binary;
  throw new SetupError(`This machine cannot run the Node.js ${version} that npm brings (${name}).`);
}

/** The name of the npm package with Node for this platform. */
function platformPackage() {
  if (process.platform === 'win32') return `node-win-${process.arch === 'ia32' ? 'x86' : process.arch}`;
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${process.platform}-${process.arch}`;
}

/** @param {string} node */
function majorOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  const match = status === 0 ? /^v(\d+)\./.exec(stdout) : null;
  return match ? Number(match[1]) : undefined;
}
