import { rm } from 'node:fs/promises';
import * as z from 'zod';
import type { Bench } from './context';
import { VoidMeasurement, type Measurement, type Row } from './measurement';
import type { DownloadOrder } from './programs/program';
import { runInProcess } from './runInProcess';
import { storeTask, taskRecord } from './seed';

const report = z.object({ before: z.number(), during: z.number(), after: z.number() });
const VIDEO_BYTES = 8 * 1024 * 1024;

/**
 * Counts timers while nothing is pending: after a start without unfinished tasks, and after the last task has
 * ended.
 */
export const idleTimers: Measurement = {
  keys: ['poll.idleTimers'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const { baseUrl, key, taskId } = await bench.server().then((server) => ({
      baseUrl: server.baseUrl,
      key: server.key,
      taskId: server.taskId(VIDEO_BYTES),
    }));
    const folder = await bench.folder();
    await storeTask(folder, taskRecord('stopped', baseUrl, taskId));
    const order: DownloadOrder = { baseUrl, key, taskId, folder };
    const { before, during, after } = await runInProcess('idle', order, report, bench.signal);
    await rm(folder, { recursive: true });
    if (during === 0)
      throw new VoidMeasurement('Timers cannot be seen here: there is none while a task is followed.');
    return [
      {
        key: 'poll.idleTimers',
        what: 'timers alive while no task is unfinished',
        figure: Math.max(before, after),
        unit: '',
        against: `at start ${before}, after a task ${after} (during it ${during})`,
        bar: { is: 'atMost', limit: 0 },
      },
    ];
  },
};
