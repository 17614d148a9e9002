import { addCopies, plannedRequests, shareOfSchedule } from '../test/support/fairness';
import { World } from '../test/unit/support/world';
import type { Measurement, Row } from './measurement';
import { formatFigure } from './table';

const TASKS = 20;
const WINDOWS = 3;
const MINUTE = 60_000;
const LENGTH = 10 * MINUTE;
const SEED = 20261122;

/** How often several windows query their tasks in total, compared with the schedule of one. */
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
      for (const window of windows) window.checkForChanges();
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
          bar: { is: 'atMost', limit: 1.05 },
        },
      ];
    } finally {
      await world.stop();
    }
  },
};

/** Pseudorandom jitter that is the same in every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WAITING = 200;
/** Maximum number of concurrent downloads from one host. */
const HANGING = 3;
const FAIRNESS_LENGTH = 3 * MINUTE;

/** How often tasks are queried while others wait for their downloads, compared with their schedule. */
export const fairness: Measurement = {
  keys: ['poll.fairness'],
  async run(): Promise<readonly Row[]> {
    const world = await World.create();
    try {
      const engine = await world.open();
      world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
      const { id } = await world.submit(engine);
      world.gateway.setFault({ name: 'hang', route: 'download', times: 'always' });
      const due = world.clock.now();
      addCopies(world, id, WAITING, `phase = 'ready', succeeded_at = created_at, next_due = ${due}`);
      return [
        {
          key: 'poll.fairness',
          what: `${WAITING} tasks wait for downloads: polls of ${TASKS} others / their schedule`,
          figure: await shareOfSchedule(world, engine, TASKS, FAIRNESS_LENGTH, HANGING),
          unit: '',
          bar: { is: 'atLeast', limit: 0.95 },
        },
      ];
    } finally {
      await world.stop();
    }
  },
};
