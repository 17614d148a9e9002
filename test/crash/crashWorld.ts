import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Task } from '../../src/core/task/task';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import type { RequestRecord } from '../gateway/requestLog';
import { assertNoLeak } from '../support/keySearch';

/** Factor by which the clocks of windows and gateway are faster. */
const SPEED = 30;
/** Maximum number of windows at once. They wait more than they compute. */
const AT_ONCE = 4;
/** Number of different videos. Encoding them takes longer than everything else in a run. */
const LOOKS = 8;

export interface WindowOptions {
  readonly folder: string;
  /** Sent first. `user` identifies this request. */
  readonly request?: { readonly prompt: string; readonly user: string };
  /** If false, no request is sent to the gateway. */
  readonly hasKey?: boolean;
  /** The system call, among those that change something, at which the window is killed. The first is 1. */
  readonly killAt?: number;
  /** When the window is killed, in ms after its start. */
  readonly killAfter?: number;
}

export interface EndedWindow {
  /** All tasks, or undefined if it was killed before it printed them. */
  readonly tasks: readonly Task[] | undefined;
  readonly error: unknown;
  /** The system call at which it was killed. */
  readonly call: string | undefined;
  readonly wasKilled: boolean;
}

/** Windows in their own processes, and their gateway. */
export class CrashWorld {
  readonly gateway: PretendGateway;
  readonly #alive = new Set<ChildProcess>();
  readonly #folders = mkdtempSync(path.join(tmpdir(), 'nebula-crash-'));
  /** Output of each window, by its folder. */
  readonly #output = new Map<string, string[]>();
  /** SHA-256 of each encoded video, by its prompt. */
  readonly #videos = new Map<string, string>();

  private constructor(gateway: PretendGateway) {
    this.gateway = gateway;
    // Delay each response to a submit and each download, so that many kills hit them.
    gateway.setFault({ name: 'slow', route: 'submit', times: 'always', args: { ms: 60 } });
    gateway.setFault({ name: 'slow', route: 'download', times: 'always', args: { ms: 60 } });
  }

  static async create(): Promise<CrashWorld> {
    return new CrashWorld(
      await startPretendGateway({
        // Thousands of videos would use up the default balance.
        keys: [{ key: `sk-${randomBytes(24).toString('hex')}`, quota: Number.MAX_SAFE_INTEGER }],
        clock: { kind: 'real', speed: SPEED },
        render: { unknownMs: 500, queuedMs: 1000, runningMs: 4000 },
      }),
    );
  }

  async stop(): Promise<void> {
    for (const child of this.#alive) child.kill('SIGKILL');
    await this.gateway.stop();
    rmSync(this.#folders, { recursive: true, force: true });
    assertNoLeak(this.gateway.key, { requests: this.gateway.log });
  }

  /** Creates an empty folder. */
  newFolder(): string {
    return mkdtempSync(path.join(this.#folders, 'profile-'));
  }

  /** Runs one window until it's killed or has nothing left to do. */
  async openWindow({
    folder,
    request,
    hasKey = true,
    killAt,
    killAfter,
  }: WindowOptions): Promise<EndedWindow> {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...(killAt === undefined ? [] : ['--require', path.join(__dirname, 'killAtCall.js')]),
        ...[path.join(__dirname, 'crashWindow.js'), folder, this.gateway.baseUrl],
        ...[hasKey ? this.gateway.key : '', String(SPEED)],
        ...(request ? [request.prompt, request.user] : []),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          // Compiling takes most of a window's start.
          NODE_COMPILE_CACHE: path.join(this.#folders, 'compiled'),
          ...(killAt === undefined ? {} : { NEBULA_KILL_AT: String(killAt) }),
        },
      },
    );
    this.#alive.add(child);
    const ended = new Promise<boolean>((resolve) => {
      child.once('exit', (_, signal) => {
        this.#alive.delete(child);
        resolve(signal === 'SIGKILL');
      });
    });
    let timer: NodeJS.Timeout | undefined;
    const words = await this.#listen(child, folder, (word) => {
      if (word === 'begin' && killAfter !== undefined)
        timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
    });
    clearTimeout(timer);
    return {
      tasks: words.get('done') as readonly Task[] | undefined,
      error: words.get('error'),
      call: words.get('kill') as string | undefined,
      wasKilled: await ended,
    };
  }

  /** Like {@link openWindow}, for a window that must finish everything. */
  async finish(folder: string, hasKey = true): Promise<readonly Task[]> {
    const { tasks, error } = await this.openWindow({ folder, hasKey });
    // An error is allowed only for a damaged store.
    if (hasKey) assert.equal(error, undefined);
    assert.ok(tasks, `the window ended early:\n${this.#outputOf(folder).slice(-20).join('\n')}`);
    return tasks;
  }

  /** The request of a run. */
  requestOf(run: string): { readonly prompt: string; readonly user: string } {
    const look = createHash('sha256').update(run).digest().readUInt32BE() % LOOKS;
    return { prompt: `a window that is killed, number ${look}`, user: run };
  }

  /**
   * Checks the outcome of the only request of a run, and removes its folder.
   * @returns a description of the outcome
   */
  check(folder: string, user: string, tasks: readonly Task[]): string {
    assert.ok(tasks.length <= 1, `${tasks.length} tasks`);
    let outcome: string;
    try {
      outcome = this.#outcomeOf(folder, user, tasks[0]);
    } catch (error) {
      const requests = this.#submitsOf(user).map((record) => JSON.stringify(record));
      const evidence = [JSON.stringify(tasks[0]), ...requests, ...this.#outputOf(folder)].join('\n');
      throw new Error(`wrong outcome:\n${evidence}`, { cause: error });
    }
    this.assertNoLeak(folder);
    rmSync(folder, { recursive: true });
    this.#output.delete(folder);
    return outcome;
  }

  /** @throws if the key is in a file or in the output of a window with this folder */
  assertNoLeak(folder: string): void {
    assertNoLeak(this.gateway.key, { folder, texts: { 'the output': this.#outputOf(folder) } });
  }

  #outcomeOf(folder: string, user: string, task: Task | undefined): string {
    const submits = this.#submitsOf(user).length;
    assert.ok(submits <= 1, `${submits} submits`);
    if (!task) {
      // It was killed before the row was stored, so nothing was sent either.
      assert.equal(submits, 0);
      return 'nothing sent';
    }
    const was = task.timeline.map((entry) => entry.phase);
    if (task.phase === 'rejected') {
      assert.equal(submits, 0);
      assert.equal(task.failure?.charged, 'no');
      assert.ok(!was.includes('sending'));
      return 'rejected as a draft';
    }
    if (task.phase === 'unknown') {
      assert.equal(was.at(-2), 'sending');
      return `unknown with ${submits} submit(s)`;
    }
    assert.equal(task.phase, 'saved', JSON.stringify(task));
    assert.equal(submits, 1);
    this.#checkVideo(folder, task);
    return 'saved';
  }

  #submitsOf(user: string): readonly RequestRecord[] {
    return this.gateway.log.filter(
      (record) => record.kind === 'submit' && (record.body as { user?: string }).user === user,
    );
  }

  #checkVideo(folder: string, task: Task): void {
    const [video] = task.videos;
    assert.ok(video);
    const sha256 = createHash('sha256')
      .update(readFileSync(fileURLToPath(video.uri)))
      .digest('hex');
    assert.equal(sha256, video.sha256);
    // The same scene gives the same video, whenever its window was killed.
    const first = this.#videos.get(task.request.prompt) ?? sha256;
    this.#videos.set(task.request.prompt, first);
    assert.equal(sha256, first);
    const library = path.join(folder, 'library');
    const files = readdirSync(library).filter((file) => file !== '.parts');
    assert.equal(files.length, 2, `one video and its sidecar: ${files.join(', ')}`);
    const parts = path.join(library, '.parts');
    assert.deepEqual(existsSync(parts) ? readdirSync(parts) : [], []);
  }

  #outputOf(folder: string): string[] {
    const output = this.#output.get(folder) ?? [];
    this.#output.set(folder, output);
    return output;
  }

  /** Collects the window's messages until it ends. */
  async #listen(
    child: ChildProcess,
    folder: string,
    onWord: (word: string) => void,
  ): Promise<Map<string, unknown>> {
    const output = this.#outputOf(folder);
    const words = new Map<string, unknown>();
    assert.ok(child.stdout && child.stderr);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      process.stderr.write(text);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      output.push(line);
      const [word = ''] = line.split(' ', 1);
      try {
        words.set(word, JSON.parse(line.slice(word.length + 1)));
      } catch (error) {
        // The output of a killed window may end in the middle of a line.
        if (word === 'done') words.delete(word);
        else if (!(error instanceof SyntaxError)) throw error;
      }
      onWord(word);
    }
    return words;
  }
}

/**
 * Processes the items, some at once. After the first failure, no more are started, and it throws when the
 * running ones have ended.
 */
export async function forEachOf<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      await work(next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}
