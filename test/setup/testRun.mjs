// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureCodeServer } from './codeServer.mjs';
import { ensureNode22 } from './nodes.mjs';
import { packageTo } from './packaging.mjs';
import { downloads, inProject, readJson, SetupError } from './project.mjs';

/** @typedef {import('./commands.mjs').Toolbox} Toolbox */
/** @typedef {{ passed: number, failed: number }} Count */

const parts = /** @type {const} */ (['types', 'lint', 'unit', 'crash', 'host', 'ui']);
const usage = `npm test [-- ${parts.join('|')} ...] [--grep TEXT] [--runs N] [--shard I/N] [--seed TEXT]`;

/**
 * Options of the crash tests, each with what its value must look like and the variable that the tests read.
 * @type {Readonly<Record<string, { pattern: RegExp, variable: string }>>}
 */
const crashOptions = {
  '--runs': { pattern: /^[1-9]\d*$/, variable: 'NEBULA_CRASH_RUNS' },
  '--shard': { pattern: /^[1-9]\d*\/[1-9]\d*$/, variable: 'NEBULA_CRASH_SHARD' },
  '--seed': { pattern: /./, variable: 'NEBULA_CRASH_SEED' },
};

/** Bundles carry their source maps; a failure should name the line that was written. */
export const bundleFlags = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];

/**
 * Runs the checks and the tests, all of them or the named parts. A failed step does not hide the next ones.
 * The closing line adds up everything: a check that fails, or a suite that ends without a result, counts as one
 * failure, so the line never says less than the exit code.
 * @param {Toolbox} tools
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function runTests(tools, args) {
  const { chosen, grep, crashEnv } = parseArguments(args);
  const run = new TestRun(tools, grep, crashEnv);
  if (chosen.has('types')) {
    await run.check('types', ['node_modules/typescript/bin/tsc', '-p', '.']);
    await run.check('types of the pages', ['node_modules/typescript/bin/tsc', '-p', 'src/webview']);
  }
  if (chosen.has('lint')) {
    await run.check('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']);
    await run.check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '.']);
  }
  if (['unit', 'crash', 'host', 'ui'].some((part) => chosen.has(part))) {
    if (await run.check('build', ['esbuild.js', '--tests'])) {
      if (chosen.has('unit')) await run.unit();
      if (chosen.has('crash')) await run.crash();
      if (chosen.has('host')) await run.host();
      if (chosen.has('ui')) await run.ui();
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

/** One run: its steps, and what has been counted so far. */
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
   * What each failed test said, for the closing words: of a long run often only the end is kept.
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
   * A step that is right or wrong as a whole.
   * @param {string} name
   * @param {string[]} command
   * @returns {Promise<boolean>}
   */
  async check(name, command) {
    announce(name);
    const code = await this.#tools.node(command);
    this.#tools.owner.throwIfStopped();
    if (code === 0) return true;
    this.#total.failed += 1;
    this.#failedSteps.push(name);
    return false;
  }

  async unit() {
    const tests = this.#testFiles('unit');
    if (!tests) return;
    // Some encode videos, some try hundreds of cases: on a busy machine that takes its time.
    const files = [...tests, '--timeout', '60000'];
    await this.#counted('unit, Node 24', (env) => this.#mocha(files, { env }));
    await this.#counted('unit, Node 22', async (env) => {
      return this.#mocha(files, { env, program: await ensureNode22(this.#tools.owner) });
    });
  }

  async crash() {
    const files = this.#testFiles('crash');
    if (files)
      await this.#counted('crash', (env) => this.#mocha(files, { env: { ...env, ...this.#crashEnv } }));
  }

  async host() {
    if (!fs.existsSync(inProject('out', 'test', 'host', 'index.js'))) {
      this.#fail('host', 'There is no test/host/index.ts.');
      return;
    }
    await this.#counted('host', async (env) => {
      const script = 'out/test/vscode/hostSuiteMain.js';
      return this.#tools.node([...bundleFlags, script], { env: await this.#withVscode(env) });
    });
  }

  async ui() {
    const files = this.#testFiles('ui');
    if (!files) return;
    // From here on everything is tried as it ships.
    announce('package for the ui tests');
    if ((await packageTo(this.#tools, path.join('.vscode-test', 'nebula-video.vsix'))) !== 0) {
      this.#fail('ui', 'The package could not be made.');
      return;
    }
    // A real workbench starts in ten seconds on a small machine; a test may open several.
    await this.#counted('ui', async (env) => {
      return this.#mocha([...files, '--timeout', '180000'], { env: await this.#withVscode(env) });
    });
  }

  /**
   * The closing words; the last line is what other programs read.
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
   * Runs a suite that leaves its counts in the file named by NEBULA_TEST_RESULTS.
   * @param {string} name
   * @param {(env: NodeJS.ProcessEnv) => Promise<number>} run
   */
  async #counted(name, run) {
    announce(name);
    const results = path.join(downloads, 'results', `${name.replaceAll(/\W+/g, '-')}.json`);
    fs.mkdirSync(path.dirname(results), { recursive: true });
    fs.rmSync(results, { force: true });
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...this.#tools.env, NEBULA_TEST_RESULTS: results };
    if (this.#grep !== undefined) env['NEBULA_TEST_GREP'] = this.#grep;
    /** @type {number} */
    let code;
    try {
      code = await run(env);
    } catch (error) {
      // What it needs can't be had here; the other parts and the closing line need not suffer.
      if (!(error instanceof SetupError)) throw error;
      this.#fail(name, error.message);
      return;
    }
    this.#tools.owner.throwIfStopped();
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
  }

  /**
   * @param {string[]} args
   * @param {{ env: NodeJS.ProcessEnv, program?: string }} options
   */
  #mocha(args, options) {
    const reporter = ['--reporter', inProject('test', 'setup', 'countingReporter.mjs')];
    const grep = this.#grep === undefined ? [] : ['--grep', this.#grep];
    const script = 'node_modules/mocha/bin/mocha.js';
    return this.#tools.node([...bundleFlags, script, ...reporter, ...grep, ...args], options);
  }

  /**
   * @param {NodeJS.ProcessEnv} env
   * @returns {Promise<NodeJS.ProcessEnv>} the same, once a real VS Code and a browser are there
   */
  async #withVscode(env) {
    await ensureCodeServer(this.#tools.owner);
    return { ...env, CHROMIUM: await ensureChromium(this.#tools) };
  }

  /**
   * @param {string} folder below test/
   * @returns {string[] | undefined} the compiled tests
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
    if (files.length > 0) return files;
    // A part that silently runs nothing would look like one that passes.
    this.#fail(folder, `There are no tests in test/${folder}.`);
    return undefined;
  }

  /**
   * @param {string} name
   * @param {string} sentence
   */
  #fail(name, sentence) {
    console.error(sentence);
    this.#total.failed += 1;
    this.#failedSteps.push(name);
  }
}

/** @param {string} name */
const announce = (name) => console.log(`\n== ${name} ==`);
