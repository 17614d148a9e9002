// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { whenOrphaned } from './parentWatch.mjs';
import { SetupError } from './project.mjs';

const windows = process.platform === 'win32';
/** Timeout for children to stop their own children. */
const stopMs = 15_000;

/** The user or the system requested a stop. */
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
 * Owns its child processes and their descendants. Each child is a process group, so that none is left behind
 * when this ends, fails or is stopped.
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
    // npm's shell doesn't forward signals. Without npm, a parent may detach this process on purpose.
    if (process.env['npm_lifecycle_event']) whenOrphaned(() => this.#stop('SIGTERM'));
  }

  /**
   * Runs a program to its end and returns its exit code.
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
      // No child reads input, and one outside the terminal's foreground group couldn't.
      stdio: ['ignore', output, output],
    });
    this.#children.add(child);
    try {
      /** @type {{ code: number | null, signal: NodeJS.Signals | null }} */
      const end = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      // A child that stopped itself properly has its own exit code.
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

  /** Throws if a stop was requested. A stopped child may have exited normally, so check before continuing. */
  throwIfStopped() {
    if (this.#signal) throw new Stopped(exitCodeOf(this.#signal));
  }

  /** @param {NodeJS.Signals} signal */
  #stop(signal) {
    this.#signal ??= signal;
    if (this.#children.size === 0) process.exit(exitCodeOf(signal));
    // The terminal and npm may both report one Ctrl-C, so a repeated signal isn't a second request.
    if (this.#deadline) return;
    this.#deadline = setTimeout(() => {
      for (const { pid } of this.#children) killGroup(pid, 'SIGKILL');
    }, stopMs);
    // On Windows the console has notified the children already, and a signal would kill them at once.
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
    // The group has already ended.
  }
}

/** @param {NodeJS.Signals} signal */
const exitCodeOf = (signal) => 128 + os.constants.signals[signal];

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
