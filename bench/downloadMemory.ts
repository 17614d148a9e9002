import { rm } from 'node:fs/promises';
import * as z from 'zod';
import type { Bench } from './context';
import type { Measurement, Row } from './measurement';
import { downloadReport, type DownloadOrder } from './programs/program';
import { runInProcess } from './runInProcess';
import { storeTask, taskRecord } from './seed';
import { formatFigure } from './table';
import { median, pairwise, rotated, summarise } from './statistics';

const MB = 1024 * 1024;
const LARGE = 256;
const SMALL = 16;
const PROCESSES = 5;

const report = downloadReport.extend({ overIdle: z.number() });

/** How the video comes: by the download call, or in the reply to a query. */
type Way = 'download' | 'inline';

/** What fetching a video takes of memory, each in a fresh process, and that a larger one takes no more. */
export const downloadMemory: Measurement = {
  keys: ['download.peakMB', 'download.growthMB', 'download.inlineGrowthMB'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const { large, small } = await measure(bench, 'download');
    const inline = await measure(bench, 'inline');
    return [
      {
        key: 'download.peakMB',
        what: `${LARGE} MB video: most memory over idle`,
        figure: median(large),
        unit: 'MB',
        spread: summarise(large),
        samples: PROCESSES,
        bar: { is: 'atMost', limit: 64 },
      },
      growth('download.growthMB', `the same less that of a ${SMALL} MB video`, large, small),
      growth(
        'download.inlineGrowthMB',
        'the same for a video in the reply to a query',
        inline.large,
        inline.small,
      ),
    ];
  },
};

async function measure(
  bench: Bench,
  way: Way,
): Promise<{ readonly large: number[]; readonly small: number[] }> {
  const large: number[] = [];
  const small: number[] = [];
  for (let round = 0; round < PROCESSES; round++) {
    for (const size of rotated([LARGE, SMALL], round)) {
      (size === LARGE ? large : small).push(await overIdle(bench, way, size));
    }
  }
  return { large, small };
}

function growth(key: string, what: string, large: readonly number[], small: readonly number[]): Row {
  return {
    key,
    what,
    figure: median(large) - median(small),
    unit: 'MB',
    against: `${formatFigure(median(large), 'MB')} - ${formatFigure(median(small), 'MB')}`,
    spread: summarise(pairwise(large, small, (left, right) => left - right)),
    samples: PROCESSES,
    bar: { is: 'atMost', limit: 8 },
  };
}

async function overIdle(bench: Bench, way: Way, size: number): Promise<number> {
  const server = await bench.server();
  const { baseUrl, key } = server;
  const taskId = way === 'inline' ? server.inlineTaskId(size * MB) : server.taskId(size * MB);
  const folder = await bench.folder();
  await storeTask(
    folder,
    taskRecord('ready', baseUrl, taskId, way === 'inline' ? 'veo-3.1-generate-preview' : 'sora-2'),
  );
  const order: DownloadOrder = { baseUrl, key, taskId, folder };
  const { overIdle: bytes } = await runInProcess('ourDownload', order, report, bench.signal);
  await rm(folder, { recursive: true });
  return bytes / MB;
}
