// @ts-check
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { ensureChromium } from './chromium.mjs';
import { ensureCodeServer } from './codeServer.mjs';
import { ensureNode22 } from './nodes.mjs';
import { packageTo } from './packaging.mjs';
import { downloads, inProject, readJson, SetupError } from './project.mjs';

/** @typedef {import('./commands.mjs').Toolbox} Toolbox */
/** @typedef {{ passed: number, failed: number }} Count */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {(output: string | undefined) => Promise<void>} run `output`: a file for what it prints
 */

const parts = /** @type {const} */ (['types', 'lint', 'unit', 'crash', 'host', 'ui']);
const usage = `npm test [-- ${parts.join('|')} ...] [--grep TEXT] [--runs N] [--shard I/N] [--seed TEXT]`;

/**
 * Options of the crash tests, each with its pattern and the environment variable that the tests read.
 * @type {Readonly<Record<string, { pattern: RegExp, variable: string }>>}
 */
const crashOptions = {
  '--runs': { pattern: /^[1-9]\d*$/, variable: 'NEBULA_CRASH_RUNS' },
  '--shard': { pattern: /^[1-9]\d*\/[1-9]\d*$/, variable: 'NEBULA_CRASH_SHARD' },
  '--seed': { pattern: /./, variable: 'NEBULA_CRASH_SEED' },
};

/** Bundles have source maps, so failures name the original lines. */
export const bundleFlags = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];

/**
 * Runs the checks and the tests, all of them or the named parts. A failed step doesn't hide the next ones.
 * The last line counts everything. A check that fails, or a suite that ends without a result, counts as one
 * failure, so the line always matches the exit code.
 * @param {Toolbox} tools
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function runTests(tools, args) {
  const { chosen, grep, crashEnv } = parseArguments(args);
  const run = new TestRun(tools, grep, crashEnv);
  const checks = [...(chosen.has('types') ? run.types() : []), ...(chosen.has('lint') ? run.lint() : [])];
  await run.together(checks);
  if (['unit', 'crash', 'host', 'ui'].some((part) => chosen.has(part))) {
    const build = run.check('build', ['esbuild.js', '--tests']);
    await run.together([build]);
    if (!run.hasFailed(build.name)) {
      const early = /** @type {const} */ (['unit', 'crash', 'host']).filter((part) => chosen.has(part));
      const steps = [];
      for (const part of early) steps.push(...(await run.stepsOf(part)));
      await run.together(steps);
      // The package is built into the folder that the other steps run from.
      if (chosen.has('ui')) await run.together(await run.stepsOf('ui'));
    }
  }
  return run.close();
}

/** @param {string[]} args */
function parseArguments(args) {
  /** @type {Set<string>} */
  const chosen = new Set();
  /** @type {string | undefined} */
  let grep;
  /** @type {Record<string, string>} */
  const crashEnv = {};
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg === '--grep') {
      grep = args[++index];
      if (grep === undefined) throw new SetupError(`--grep needs a text. ${usage}`);
    } else if (Object.hasOwn(crashOptions, arg)) {
      const { pattern, variable } = crashOptions[arg] ?? {};
      const value = args[++index] ?? '';
      if (!variable || !pattern?.test(value))
        throw new SetupError(`${arg} ${value} makes no sense. ${usage}`);
      crashEnv[variable] = value;
    } else if (/** @type {readonly string[]} */ (parts).includes(arg)) {
      chosen.add(arg);
    } else {
      throw new SetupError(`"${arg}" is not a part of the tests. ${usage}`);
    }
  }
  return {
    chosen: chosen.size > 0 ? chosen : new Set(/** @type {readonly string[]} */ (parts)),
    grep,
    crashEnv,
  };
}

/** A run: its steps and the counts so far. */
class TestRun {
  /**
   * @type {Toolbox}
   * @readonly
   */
  #tools;
  /**
   * @type {string | undefined}
   * @readonly
   */
  #grep;
  /**
   * @type {Readonly<Record<string, string>>}
   * @readonly
   */
  #crashEnv;
  /**
   * @type {Count}
   * @readonly
   */
  #total = { passed: 0, failed: 0 };
  /**
   * @type {string[]}
   * @readonly
   */
  #failedSteps = [];
  /**
   * The failed tests for the summary, because often only the end of a long run is kept.
   * @type {string[]}
   * @readonly
   */
  #failedTests = [];

  /**
   * @param {Toolbox} tools
   * @param {string | undefined} grep
   * @param {Readonly<Record<string, string>>} crashEnv
   */
  constructor(tools, grep, crashEnv) {
    this.#tools = tools;
    this.#grep = grep;
    this.#crashEnv = crashEnv;
  }

  /**
   * Runs steps in parallel, as many as the machine has processors but at most two, because a step may open
   * several windows. With several steps, each step's output is printed as a whole when it ends.
   * @param {Step[]} steps
   */
  async together(steps) {
    const waiting = [...steps];
    const work = async () => {
      for (let step = waiting.shift(); step; step = waiting.shift()) await this.#run(step, steps.length > 1);
    };
    await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, work));
  }

  /** @param {string} name of a step that has ended */
  hasFailed(name) {
    return this.#failedSteps.includes(name);
  }

  /**
   * A step that passes or fails as a whole.
   * @param {string} name
   * @param {string[]} command
   * @returns {Step}
   */
  check(name, command) {
    return {
      name,
      run: async (output) => {
        const code = await this.#tools.node(command, { output });
        if (code !== 0) this.#fail(name);
      },
    };
  }

  /** @returns {Step[]} */
  types() {
    return [
      this.check('types', ['node_modules/typescript/bin/tsc', '-p', '.']),
      this.check('types of the pages', ['node_modules/typescript/bin/tsc', '-p', 'src/webview']),
    ];
  }

  /** @returns {Step[]} */
  lint() {
    return [
      this.check('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']),
      this.check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '.']),
    ];
  }

  /**
   * @param {'unit' | 'crash' | 'host' | 'ui'} part
   * @returns {Promise<Step[]>} empty if a requirement isn't available here, so that the other parts still run
   */
  async stepsOf(part) {
    try {
      return await this[part]();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      this.#fail(part, error.message);
      return [];
    }
  }

  /** @returns {Promise<Step[]>} */
  async unit() {
    // Some tests encode videos or try hundreds of cases, which takes long on a busy machine.
    const args = [...this.#testFiles('unit'), '--timeout', '60000'];
    const program = await ensureNode22(this.#tools.owner);
    return [
      this.#counted('unit, Node 24', (options) => this.#mocha(args, options)),
      this.#counted('unit, Node 22', (options) => this.#mocha(args, { ...options, program })),
    ];
  }

  /** @returns {Step[]} */
  crash() {
    const files = this.#testFiles('crash');
    return [
      this.#counted('crash', ({ env, output }) =>
        this.#mocha(files, { env: { ...env, ...this.#crashEnv }, output }),
      ),
    ];
  }

  /** @returns {Promise<Step[]>} */
  async host() {
    const script = 'out/test/vscode/hostSuiteMain.js';
    const vscode = await this.#vscode();
    return [
      this.#counted('host', ({ env, output }) =>
        this.#tools.node([...bundleFlags, script], { env: { ...env, ...vscode }, output }),
      ),
    ];
  }

  /** @returns {Promise<Step[]>} a step for each file */
  async ui() {
    // Test the release package from here on.
    announce('package for the ui tests');
    if ((await packageTo(this.#tools, path.join('.vscode-test', 'nebula-video.vsix'))) !== 0) {
      this.#fail('ui', 'The package could not be made.');
      return [];
    }
    const vscode = await this.#vscode();
    // A real workbench starts in ten seconds on a small machine, and a test may open several.
    return this.#testFiles('ui').map((file) =>
      this.#counted(`ui, ${path.basename(file, '.test.js')}`, ({ env, output }) =>
        this.#mocha([file, '--timeout', '180000'], { env: { ...env, ...vscode }, output }),
      ),
    );
  }

  /**
   * Prints the summary. Other programs read its last line.
   * @returns {number} the exit code
   */
  close() {
    const { passed, failed } = this.#total;
    console.log('');
    for (const text of this.#failedTests) console.log(`${text}\n`);
    if (this.#failedSteps.length > 0) console.log(`Failed: ${this.#failedSteps.join('; ')}`);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }

  /**
   * @param {Step} step
   * @param {boolean} isOneOfSeveral
   */
  async #run({ name, run }, isOneOfSeveral) {
    const started = performance.now();
    const output = isOneOfSeveral ? this.#fileFor(name, 'log') : undefined;
    if (output === undefined) announce(name);
    try {
      await run(output);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      this.#fail(name, error.message);
    }
    this.#tools.owner.throwIfStopped();
    if (output === undefined) return;
    announce(`${name}, ${Math.round((performance.now() - started) / 1000)} s`);
    process.stdout.write(fs.existsSync(output) ? fs.readFileSync(output) : '');
  }

  /**
   * A suite that writes its counts to the file named by NEBULA_TEST_RESULTS.
   * @param {string} name
   * @param {(options: { env: NodeJS.ProcessEnv, output: string | undefined }) => Promise<number>} run
   * @returns {Step}
   */
  #counted(name, run) {
    return {
      name,
      run: async (output) => {
        const results = this.#fileFor(name, 'json');
        /** @type {NodeJS.ProcessEnv} */
        const env = { ...this.#tools.env, NEBULA_TEST_RESULTS: results };
        if (this.#grep !== undefined) env['NEBULA_TEST_GREP'] = this.#grep;
        const code = await run({ env, output });
        const counts = readJson(results);
        const passed = Number(counts?.['passes'] ?? 0);
        const failed = Number(counts?.['failures'] ?? 0);
        this.#total.passed += passed;
        this.#total.failed += failed;
        const texts = counts?.['failed'];
        if (Array.isArray(texts)) this.#failedTests.push(...texts.map((text) => `${name}: ${String(text)}`));
        if (failed > 0) this.#failedSteps.push(name);
        else if (code !== 0 || !counts) this.#fail(name, `The ${name} tests ended without a result.`);
        else if (passed === 0 && this.#grep === undefined) this.#fail(name, `No ${name} test ran.`);
      },
    };
  }

  /**
   * @param {string} name of a step
   * @param {string} extension
   * @returns {string} the path of a new file
   */
  #fileFor(name, extension) {
    const file = path.join(downloads, 'results', `${name.replaceAll(/\W+/g, '-')}.${extension}`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { force: true });
    return file;
  }

  /**
   * @param {string[]} args
   * @param {import('./commands.mjs').NodeOptions} options
   */
  #mocha(args, options) {
    const reporter = ['--reporter', inProject('test', 'setup', 'countingReporter.mjs')];
    const grep = this.#grep === undefined ? [] : ['--grep', this.#grep];
    const script = 'node_modules/mocha/bin/mocha.js';
    return this.#tools.node([...bundleFlags, script, ...reporter, ...grep, ...args], options);
  }

  /**
   * @returns {Promise<NodeJS.ProcessEnv>} the variables for tests with a real VS Code and a browser, after
   * installing them
   */
  async #vscode() {
    await ensureCodeServer(this.#tools.owner);
    return { CHROMIUM: await ensureChromium(this.#tools) };
  }

  /**
   * @param {string} folder below test/
   * @returns {string[]} the compiled tests
   */
  #testFiles(folder) {
    const root = inProject('out', 'test', folder);
    const files = fs.existsSync(root)
      ? fs
          .readdirSync(root, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.test.js'))
          .map((name) => path.join(root, name))
          .sort()
      : [];
    // A part that silently runs nothing would look like one that passes.
    if (files.length === 0) throw new SetupError(`There are no tests in test/${folder}.`);
    return files;
  }

  /**
   * @param {string} name
   * @param {string} [sentence]
   */
  #fail(name, sentence) {
    if (sentence !== undefined) console.error(sentence);
    this.#total.failed += 1;
    this.#failedSteps.push(name);
  }
}

/** @param {string} name */
const announce = (name) => console.log(`\n== ${name} ==`);
