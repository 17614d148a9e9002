import { World } from '../test/unit/support/world';
import type { Measurement, Row } from './measurement';
import { formatFigure } from './table';

const TASKS = 20;
const WINDOWS = 3;
const MINUTE = 60_000;
const LENGTH = 10 * MINUTE;
const SEED = 20261122;

/** How often several windows ask about their tasks between them, against the schedule of one. */
export const poll: Measurement = {
  keys: ['poll.requestsPerTask'],
  async run(): Promise<readonly Row[]> {
    const world = await World.create();
    try {
      const random = seededRandom(SEED);
      const windows = [];
      for (let index = 0; index < WINDOWS; index++) windows.push(await world.open({ random }));
      world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
      for (let index = 0; index < TASKS; index++) {
        const window = windows[index % WINDOWS];
        if (window) await world.submit(window, { prompt: `Number ${index}` });
      }
      for (const window of windows) window.look();
      const started = world.clock.now();
      await world.until(() => world.clock.now() - started >= LENGTH);
      const asked = world.requests('query') / TASKS;
      const planned = plannedRequests(LENGTH);
      return [
        {
          key: 'poll.requestsPerTask',
          what: `${TASKS} tasks, ${WINDOWS} windows, 10 min: requests / the schedule of one window`,
          figure: asked / planned,
          unit: '',
          against: `${formatFigure(asked)} a task, planned ${planned}; seed ${SEED}`,
          bar: { is: 'atMost', limit: 1.1 },
        },
      ];
    } finally {
      await world.stop();
    }
  },
};

/** The schedule of DESIGN 5 (Rhythm) without jitter, written down here again so that it can't move with the product. */
function plannedRequests(length: number): number {
  let requests = 0;
  for (let age = 3_000; age <= length; age += age < 2 * MINUTE ? 5_000 : 8_000) requests++;
  return requests;
}

/** Jitter that is the same in every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
