// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { inProject, projectRoot, readJson, SetupError } from './project.mjs';

/** @typedef {import('./processes.mjs').ProcessOwner} ProcessOwner */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, [key: string]: unknown }} LockedPackage */

/**
 * Installs the project's packages unless they already are what package-lock.json says.
 * @param {ProcessOwner} owner
 */
export async function ensurePackages(owner) {
  if (packagesAreInStep()) return;
  console.log('Installing the packages of package-lock.json; the first time takes a minute or so.');
  // Windows cannot remove a program that runs: when that is ours, keep what need not change.
  const ownNode = process.execPath.startsWith(inProject('node_modules'));
  const install = process.platform === 'win32' && ownNode ? 'install' : 'ci';
  const code = await runNpm(owner, [install, '--include=dev', '--no-audit', '--no-fund']);
  if (code !== 0) {
    throw new SetupError(
      'The packages could not be installed: npm says why above. Once npm can reach its registry, run this again.',
    );
  }
}

/**
 * npm writes node_modules/.package-lock.json last, so it is there only after a whole install, and says what
 * that install brought.
 */
function packagesAreInStep() {
  const wanted = packagesOf(inProject('package-lock.json'));
  const present = packagesOf(inProject('node_modules', '.package-lock.json'));
  const manifest = readJson(inProject('package.json'));
  if (!wanted || !present || !manifest) return false;
  const root = wanted[''] ?? {};
  for (const kind of ['dependencies', 'devDependencies']) {
    // Edited by hand and not locked yet: npm has the words for that.
    if (!isDeepStrictEqual(root[kind] ?? {}, manifest[kind] ?? {})) return false;
  }
  return Object.entries(wanted).every(([folder, entry]) => {
    if (folder === '') return true;
    const there = present[folder];
    // Optional packages are the other platforms' binaries.
    if (!there) return entry.optional === true;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesOf(lockFile) {
  return /** @type {Record<string, LockedPackage> | undefined} */ (readJson(lockFile)?.['packages']);
}

/**
 * Installs a package into a folder of its own, outside the project's tree and without install scripts.
 * The folder appears whole or not at all: an interrupted install must not be taken for a finished one.
 * @param {ProcessOwner} owner
 * @param {string} folder
 * @param {string} spec name@version
 * @param {string} [inner] a folder inside that has packages of its own to install
 */
export async function installApart(owner, folder, spec, inner) {
  const partial = `${folder}.partial-${process.pid}`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  try {
    await installInto(partial, spec);
    if (inner !== undefined) await installInto(path.join(partial, inner), '--omit=dev');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(partial, folder);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }

  /**
   * @param {string} prefix
   * @param {string} what
   */
  async function installInto(prefix, what) {
    const options = ['--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = await runNpm(owner, ['install', ...options, what]);
    if (code !== 0) throw new SetupError(`npm could not install ${spec}: it says why above.`);
  }
}

/**
 * Runs npm: the one that started us where there is one, else the one on PATH.
 * @param {ProcessOwner} owner
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
async function runNpm(owner, args) {
  const script = process.env['npm_execpath'];
  if (script && path.basename(script) === 'npm-cli.js' && fs.existsSync(script)) {
    // npm's own Node: ours may live in the node_modules that npm is about to replace.
    const node = process.env['npm_node_execpath'] ?? process.execPath;
    return owner.run(node, [script, ...args], { cwd: projectRoot });
  }
  const windows = process.platform === 'win32';
  try {
    return await owner.run(windows ? 'npm.cmd' : 'npm', windows ? args.map(quoted) : args, {
      cwd: projectRoot,
      shell: windows,
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError('npm was not found. It comes with Node.js; install it and run this again.', {
      cause: error,
    });
  }
}

/** @param {string} argument for the Windows shell */
const quoted = (argument) => (/[\s&]/.test(argument) ? `"${argument}"` : argument);
