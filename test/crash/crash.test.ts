import assert from 'node:assert/strict';
import { SeededRandom } from '../gateway/seededRandom';
import { CrashWorld, forEachOf } from './crashWorld';

/** Number of windows to kill, over all shards. */
const RUNS = Number(process.env['NEBULA_CRASH_RUNS'] ?? 300);
/** The same seed kills at the same times, as far as a busy machine allows. */
const SEED = process.env['NEBULA_CRASH_SEED'] ?? String(Date.now() % 1_000_000);
/** The shard to run, such as `2/4`. Together the shards run everything. */
const [SHARD = 1, SHARDS = 1] = (process.env['NEBULA_CRASH_SHARD'] ?? '1/1').split('/').map(Number);
/** Maximum time of a kill after the start of the window, in ms. Most windows have finished by then. */
const MAX_DELAY_MS = 900;
/** Percentage of runs in which the next window is killed too. */
const KILLED_TWICE = 20;

describe(`windows killed at any moment (${RUNS} runs, shard ${SHARD}/${SHARDS}, seed ${SEED})`, function () {
  this.timeout(RUNS * 20_000);
  let world: CrashWorld;

  before(async () => {
    world = await CrashWorld.create();
  });
  after(async () => {
    await world.stop();
  });

  interface Plan {
    readonly index: number;
    /** When each window is killed, in ms after its start. */
    readonly kills: readonly number[];
  }

  /** Plans the runs of this shard. The random numbers don't depend on the shards. */
  function plans(): readonly Plan[] {
    const random = new SeededRandom(SEED);
    const share = () => parseInt(random.hex(8), 16) / 0x1_0000_0000;
    const all = Array.from({ length: RUNS }, (_, index) => {
      const delays = [share(), share()].map((value) => Math.floor(value * MAX_DELAY_MS));
      return { index, kills: share() * 100 < KILLED_TWICE ? delays : delays.slice(0, 1) };
    });
    return all.filter(({ index }) => index % SHARDS === SHARD - 1);
  }

  /** Sends a request, kills windows some time after their start, and lets another one finish. */
  async function run({ index, kills }: Plan): Promise<string> {
    const folder = world.newFolder();
    const request = world.requestOf(`${SEED}/${index}`);
    for (const [number, killAfter] of kills.entries()) {
      await world.openWindow({ folder, killAfter, ...(number === 0 ? { request } : {}) });
    }
    return world.check(folder, request.user, await world.finish(folder));
  }

  it('never send twice, never lose a video, leave nothing behind and the key nowhere', async () => {
    const outcomes = new Map<string, number>();
    await forEachOf(plans(), async (plan) => {
      const outcome = await run(plan).catch((error: unknown) => {
        throw new Error(`run ${plan.index}, killed after ${plan.kills.join(' and ')} ms`, { cause: error });
      });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    });
    console.log([...outcomes].map(([outcome, count]) => `      ${count} × ${outcome}`).join('\n'));
    // A test whose kills never hit anything would prove nothing.
    assert.ok(outcomes.size >= 2, 'all kills fell into the same moment');
  });
});
