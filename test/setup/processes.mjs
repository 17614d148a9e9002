// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { whenOrphaned } from './parentWatch.mjs';
import { SetupError } from './project.mjs';

const windows = process.platform === 'win32';
/** A polite child closes its own children first; this is how long it may take. */
const stopMs = 15_000;

/** A person or the system asked us to stop. */
export class Stopped extends Error {
  /** @param {number} exitCode */
  constructor(exitCode) {
    super('Stopped.');
    this.exitCode = exitCode;
  }
}

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {boolean} [shell] needed for Windows' .cmd files
 * @property {boolean} [quiet] swallow its output
 * @property {string} [output] a file for its output, which is then not shown
 */

/**
 * Owns its children, and everything that they start: each is a process group of its own, so nothing is left behind
 * when it ends, fails or is stopped.
 */
export class ProcessOwner {
  /**
   * @type {Set<import('node:child_process').ChildProcess>}
   * @readonly
   */
  #children = new Set();
  /** @type {NodeJS.Signals | undefined} */
  #signal;
  /** @type {NodeJS.Timeout | undefined} */
  #deadline;

  constructor() {
    /** @type {NodeJS.Signals[]} */
    const signals = windows ? ['SIGINT', 'SIGBREAK'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, () => this.#stop(signal));
    // npm's shell does not pass on what npm is told. Without npm, a parent may leave us behind on purpose.
    if (process.env['npm_lifecycle_event']) whenOrphaned(() => this.#stop('SIGTERM'));
  }

  /**
   * Runs a program to its end and answers its exit code.
   * @param {string} command
   * @param {readonly string[]} args
   * @param {RunOptions} [options]
   * @returns {Promise<number>}
   */
  async run(command, args, options = {}) {
    this.throwIfStopped();
    const file = options.output === undefined ? undefined : fs.openSync(options.output, 'a');
    const output = file ?? (options.quiet ? 'ignore' : 'inherit');
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      shell: options.shell ?? false,
      detached: !windows,
      // No child asks anything, and one outside the terminal's foreground group could not read anyway.
      stdio: ['ignore', output, output],
    });
    this.#children.add(child);
    try {
      /** @type {{ code: number | null, signal: NodeJS.Signals | null }} */
      const end = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      // A child that stopped itself in good order says how it ended.
      if (this.#signal && end.code === null) throw new Stopped(exitCodeOf(this.#signal));
      return end.code ?? exitCodeOf(end.signal ?? 'SIGTERM');
    } catch (error) {
      if (error instanceof Stopped) throw error;
      throw new SetupError(`${command} could not be started: ${messageOf(error)}`, { cause: error });
    } finally {
      this.#children.delete(child);
      if (this.#children.size === 0) clearTimeout(this.#deadline);
      killGroup(child.pid, 'SIGKILL');
      if (file !== undefined) fs.closeSync(file);
    }
  }

  /** A child that was stopped may have ended in good order: whoever goes on after it asks first. */
  throwIfStopped() {
    if (this.#signal) throw new Stopped(exitCodeOf(this.#signal));
  }

  /** @param {NodeJS.Signals} signal */
  #stop(signal) {
    this.#signal ??= signal;
    if (this.#children.size === 0) process.exit(exitCodeOf(signal));
    // The terminal and npm may both report one Ctrl-C, so a repeated signal does not mean "harder".
    if (this.#deadline) return;
    this.#deadline = setTimeout(() => {
      for (const { pid } of this.#children) killGroup(pid, 'SIGKILL');
    }, stopMs);
    // On Windows the console has told the children already, and any signal of ours would end them at once.
    if (!windows) for (const child of this.#children) child.kill('SIGTERM');
  }
}

/**
 * @param {number | undefined} pid the group's leader
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  if (pid === undefined) return;
  if (windows) {
    spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of that group is left: that is what we wanted.
  }
}

/** @param {NodeJS.Signals} signal */
const exitCodeOf = (signal) => 128 + os.constants.signals[signal];

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
