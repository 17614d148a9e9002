import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Task } from '../../src/core/task/task';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { SeededRandom } from '../gateway/seededRandom';
import { assertNoLeak } from '../support/keySearch';

/** How often it is done; NEBULA_CRASH_RUNS asks for more. */
const RUNS = Number(process.env['NEBULA_CRASH_RUNS'] ?? 40);
/** The same seed kills at the same moments, as far as a busy machine allows. */
const SEED = process.env['NEBULA_CRASH_SEED'] ?? String(Date.now() % 1_000_000);
/** So much faster than life do windows and gateway live. */
const SPEED = 30;
const AT_ONCE = 2;

interface Run {
  readonly task: Task | undefined;
  readonly folder: string;
  readonly prompt: string;
  /** All that its windows printed. */
  readonly output: readonly string[];
}

describe(`killed at any moment (${RUNS} runs, seed ${SEED})`, function () {
  this.timeout(RUNS * 20_000);
  let gateway: PretendGateway;
  const alive = new Set<ChildProcess>();

  before(async () => {
    gateway = await startPretendGateway({
      clock: { kind: 'real', speed: SPEED },
      render: { unknownMs: 500, queuedMs: 1000, runningMs: 4000 },
    });
    // Every reply of the paid request takes its time, so that many kills fall into it.
    gateway.setFault({ name: 'slow', route: 'submit', times: 'always', args: { ms: 60 } });
    gateway.setFault({ name: 'slow', route: 'download', times: 'always', args: { ms: 60 } });
  });
  after(async () => {
    for (const child of alive) child.kill('SIGKILL');
    await gateway.stop();
  });

  function openWindow(folder: string, prompt?: string): ChildProcess {
    const script = path.join(__dirname, 'crashWindow.js');
    const args = [script, folder, gateway.baseUrl, gateway.key, String(SPEED)];
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...args, ...(prompt === undefined ? [] : [prompt])],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    return child;
  }

  /**
   * The window's words until it ends.
   * @param output gets all that it prints
   */
  async function listen(
    child: ChildProcess,
    output: string[],
    onWord: (word: string) => void = () => undefined,
  ): Promise<Map<string, unknown>> {
    const words = new Map<string, unknown>();
    assert.ok(child.stdout && child.stderr);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      process.stderr.write(text);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      output.push(line);
      const [word = ''] = line.split(' ', 1);
      words.set(word, JSON.parse(line.slice(word.length + 1)));
      onWord(word);
    }
    return words;
  }

  /** Sends a request, kills the window some time after it began to work, and lets another one finish. */
  async function killOnce(index: number, delayMs: number): Promise<Run> {
    const folder = mkdtempSync(path.join(tmpdir(), 'nebula-crash-'));
    const prompt = `killed ${SEED}/${index}`;
    const output: string[] = [];
    const doomed = openWindow(folder, prompt);
    let timer: NodeJS.Timeout | undefined;
    await listen(doomed, output, (word) => {
      if (word === 'open') timer = setTimeout(() => doomed.kill('SIGKILL'), delayMs);
    });
    clearTimeout(timer);
    const words = await listen(openWindow(folder), output);
    assert.ok(words.has('done'), `run ${index}: ${JSON.stringify([...words])}`);
    assert.equal(words.get('error'), undefined, `run ${index}`);
    const [task, ...others] = words.get('done') as Task[];
    assert.deepEqual(others, []);
    return { task, folder, prompt, output };
  }

  function check({ task, folder, prompt }: Run): string {
    const submits = gateway.log.filter(
      (record) => record.kind === 'submit' && (record.body as { prompt?: string }).prompt === prompt,
    ).length;
    assert.ok(submits <= 1, `${submits} submits`);
    const library = readdirSync(path.join(folder, 'library')).filter((file) => file !== '.parts');
    if (!task) {
      // Killed before the row was written: then nothing had left either.
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
    const [video] = task.videos;
    assert.ok(video);
    const bytes = readFileSync(fileURLToPath(video.uri));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), video.sha256);
    assert.equal(library.length, 2, `one video and its sidecar: ${library.join(', ')}`);
    assert.deepEqual(readdirSync(path.join(folder, 'library', '.parts')), []);
    return 'saved';
  }

  it('never sends twice, never loses a video, leaves nothing behind and the key nowhere', async () => {
    const random = new SeededRandom(SEED);
    const delays = Array.from({ length: RUNS }, () =>
      Math.round((parseInt(random.hex(8), 16) / 0xffffffff) * 700),
    );
    const outcomes = new Map<string, number>();
    let next = 0;
    const worker = async () => {
      while (next < RUNS) {
        const index = next++;
        const run = await killOnce(index, delays[index] ?? 0);
        const outcome = check(run);
        assertNoLeak(gateway.key, { folder: run.folder, texts: { 'the output': run.output } });
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        rmSync(run.folder, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assertNoLeak(gateway.key, { requests: gateway.log });
    console.log([...outcomes].map(([outcome, count]) => `      ${count} × ${outcome}`).join('\n'));
    // A test in which no kill ever struck would prove nothing.
    assert.ok([...outcomes.keys()].length >= 2, 'all kills fell into the same moment');
  });
});
