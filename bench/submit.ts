import { rm } from 'node:fs/promises';
import * as z from 'zod';
import type { Bench } from './context';
import { VoidMeasurement, type Measurement, type Row } from './measurement';
import { runInProcess } from './runInProcess';
import { median, pairwise, summarise } from './statistics';
import { formatFigure } from './table';

const SUBMITS = 20;

const report = z.object({
  /** When each submit was called, in nanoseconds of the monotonic clock. */
  calledAt: z.array(z.string()),
  /** The bare commit for each submit. */
  commitMs: z.array(z.number()),
});

/** From the call to the first byte at the server, including everything that is stored before. */
export const submit: Measurement = {
  keys: ['submit.overheadMs', 'submit.vsCommit'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const server = await bench.server();
    const folder = await bench.folder();
    const { baseUrl, key } = server;
    await server.exchanges();
    const { calledAt, commitMs } = await runInProcess(
      'submits',
      { baseUrl, key, folder, submits: SUBMITS },
      report,
      bench.signal,
    );
    await rm(folder, { recursive: true });
    const arrivedAt = (await server.exchanges())
      .filter(({ path }) => path.startsWith('POST '))
      .map(({ at }) => at);
    if (arrivedAt.length !== SUBMITS || calledAt.length !== SUBMITS) {
      throw new VoidMeasurement(`There were to be ${SUBMITS} submits, but ${arrivedAt.length} arrived.`);
    }
    const overheadMs = pairwise(
      arrivedAt.map(Number),
      calledAt.map(Number),
      (arrived, called) => (arrived - called) / 1e6,
    );
    const ratios = pairwise(overheadMs, commitMs, (left, right) => left / right);
    return [
      {
        key: 'submit.overheadMs',
        what: 'text prompt: from the call to the first byte on the wire',
        figure: median(overheadMs),
        unit: 'ms',
        spread: summarise(overheadMs),
        samples: SUBMITS,
        bar: { is: 'atMost', limit: 30, or: 'submit.vsCommit' },
      },
      {
        key: 'submit.vsCommit',
        what: 'the same / a bare commit',
        figure: median(ratios),
        unit: '',
        against: `ours ${formatFigure(median(overheadMs), 'ms')}, commit ${formatFigure(median(commitMs), 'ms')}`,
        spread: summarise(ratios),
        samples: SUBMITS,
        bar: { is: 'atMost', limit: 10, or: 'submit.overheadMs' },
      },
    ];
  },
};
