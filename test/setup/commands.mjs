// @ts-check
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureCodeServer } from './codeServer.mjs';
import { ensureNode24 } from './nodes.mjs';
import { ensurePackages } from './packages.mjs';
import { packageTo } from './packaging.mjs';
import { ProcessOwner, Stopped } from './processes.mjs';
import { inProject, projectRoot, readJson, SetupError } from './project.mjs';
import { bundleFlags, runTests } from './testRun.mjs';

/**
 * What a command has at hand: everything is installed, and `node` means Node 24.
 * @typedef {object} Toolbox
 * @property {ProcessOwner} owner
 * @property {NodeJS.ProcessEnv} env
 * @property {(args: string[], options?: NodeOptions) => Promise<number>} node
 *   runs a script of the project on Node 24, or on another Node
 */

/**
 * @typedef {object} NodeOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [program] another Node
 * @property {string | undefined} [output] a file for its output, which is then not shown
 */

/** @typedef {(tools: Toolbox, args: string[]) => Promise<number>} Command */

const endWithParent = new URL('./endWithParent.mjs', import.meta.url).href;

/** @type {Record<string, Command>} */
const commands = {
  start: startDemo,
  test: runTests,
  build: (tools, args) => tools.node(['esbuild.js', '--production', ...args]),
  watch: (tools, args) => tools.node(['esbuild.js', '--watch', ...args]),
  package: packageExtension,
  bench: runBench,
  gateway: (tools, args) => buildThenRun(tools, 'out/test/gateway/main.js', args),
  'test:desktop': (tools, args) => buildThenRun(tools, 'out/test/vscode/desktopHostMain.js', args),
};

/**
 * Prepares this machine, then runs one of the project's commands.
 * @param {string | undefined} name
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function runCommand(name, args) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name ?? ''] : undefined;
  if (!command) throw new SetupError(`No such command; there are: ${Object.keys(commands).join(', ')}.`);
  const owner = new ProcessOwner();
  try {
    await ensurePackages(owner);
    const node = await ensureNode24(owner);
    const env = withFirstOnPath(path.dirname(node));
    // File names are relative to the user's working directory, which changes below.
    env['INIT_CWD'] ??= process.cwd();
    return await command(
      {
        owner,
        env,
        node: (scriptAndArgs, options = {}) =>
          owner.run(options.program ?? node, ['--import', endWithParent, ...scriptAndArgs], {
            env: options.env ?? env,
            cwd: projectRoot,
            ...(options.output === undefined ? {} : { output: options.output }),
          }),
      },
      args,
    );
  } catch (error) {
    if (error instanceof Stopped) return error.exitCode;
    throw error;
  }
}

/** @type {(tools: Toolbox, script: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<number>} */
async function buildThenRun(tools, script, args, env = {}) {
  const code = await tools.node(['esbuild.js', '--tests']);
  if (code !== 0) return code;
  return tools.node([...bundleFlags, script, ...args], { env: { ...tools.env, ...env } });
}

/** @type {Command} */
async function startDemo(tools, args) {
  await ensureCodeServer(tools.owner);
  // Only a headless run needs a browser.
  const env = args.includes('--headless') ? { CHROMIUM: await ensureChromium(tools) } : {};
  return buildThenRun(tools, 'out/test/start/main.js', args, env);
}

/** @type {Command} */
async function packageExtension(tools, args) {
  const version = String(readJson(inProject('package.json'))?.['version']);
  return packageTo(tools, `nebula-video-${version}.vsix`, args);
}

/** @type {Command} */
async function runBench(tools, args) {
  await ensureCodeServer(tools.owner);
  const env = { CHROMIUM: await ensureChromium(tools), NEBULA_BENCH_VSIX: inProject('out', 'bench.vsix') };
  const built = await tools.node(['esbuild.js', '--tests']);
  if (built !== 0) return built;
  // Package last, because the measurements need the release build.
  const packaged = await packageTo(tools, env.NEBULA_BENCH_VSIX, []);
  if (packaged !== 0) return packaged;
  return tools.node([...bundleFlags, 'out/bench/main.js', ...args], { env: { ...tools.env, ...env } });
}

/**
 * @param {string} folder
 * @returns {NodeJS.ProcessEnv}
 */
function withFirstOnPath(folder) {
  // Windows calls it Path. With two spellings, it's undefined which one is used.
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const rest = process.env[key];
  return { ...process.env, [key]: rest ? `${folder}${path.delimiter}${rest}` : folder };
}
