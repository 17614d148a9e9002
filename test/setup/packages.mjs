// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { inProject, projectRoot, readJson, SetupError } from './project.mjs';

/** @typedef {import('./processes.mjs').ProcessOwner} ProcessOwner */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, [key: string]: unknown }} LockedPackage */

/**
 * Installs the project's packages unless they match package-lock.json already.
 * @param {ProcessOwner} owner
 */
export async function ensurePackages(owner) {
  if (packagesAreInStep()) return;
  console.log('Installing the packages of package-lock.json; the first time takes a minute or so.');
  // Windows can't remove a running program. If this is one from node_modules, keep what needn't change.
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
 * npm writes node_modules/.package-lock.json last, so it exists only after a complete install, and lists the
 * installed packages.
 */
function packagesAreInStep() {
  const wanted = packagesOf(inProject('package-lock.json'));
  const present = packagesOf(inProject('node_modules', '.package-lock.json'));
  const manifest = readJson(inProject('package.json'));
  if (!wanted || !present || !manifest) return false;
  const root = wanted[''] ?? {};
  for (const kind of ['dependencies', 'devDependencies']) {
    // Edited by hand and not locked yet. Let npm report that.
    if (!isDeepStrictEqual(root[kind] ?? {}, manifest[kind] ?? {})) return false;
  }
  return Object.entries(wanted).every(([folder, entry]) => {
    if (folder === '') return true;
    const there = present[folder];
    // Optional packages are the binaries of other platforms.
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
 * Installs a package into a separate folder, outside the project's tree and without install scripts. The
 * folder is renamed into place at the end, so that an interrupted install isn't taken for a complete one.
 * @param {ProcessOwner} owner
 * @param {string} folder
 * @param {string} spec name@version
 * @param {string} [inner] a folder inside whose packages are installed too
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
 * Runs npm: the one that started this process, else the one on PATH.
 * @param {ProcessOwner} owner
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
async function runNpm(owner, args) {
  const script = process.env['npm_execpath'];
  if (script && path.basename(script) === 'npm-cli.js' && fs.existsSync(script)) {
    // Use npm's Node, because this one may be in the node_modules that npm replaces.
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
