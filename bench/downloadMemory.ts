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
/**
 * While a response is read at full speed, memory grows with its length until the garbage collector settles at
 * about 200 MB. Above that, buffering the response would show as 768 MB more.
 */
const LARGE_INLINE = 1024;
const SMALL_INLINE = 256;
const PROCESSES = 5;

const memoryReport = z.object({ overIdle: z.number() });
const fetchReport = downloadReport.extend(memoryReport.shape);

/** How the video arrives: by the download call, or in the response to a query. */
type Way = 'download' | 'inline';

/** Memory for downloading a video, each in a fresh process. A larger video must not need more. */
export const downloadMemory: Measurement = {
  keys: ['download.peakMB', 'download.growthMB', 'download.inlineGrowthMB', 'download.inlineVsRead'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const { large, small } = await compare({ large: LARGE, small: SMALL }, (size) =>
      ours(bench, 'download', size),
    );
    const inline = await compare({ large: LARGE_INLINE, small: SMALL_INLINE }, (size) =>
      ours(bench, 'inline', size),
    );
    const read: number[] = [];
    while (read.length < PROCESSES) read.push(await plainRead(bench, LARGE_INLINE));
    const ratios = pairwise(inline.large, read, (left, right) => left / right);
    return [
      {
        key: 'download.peakMB',
        what: `${LARGE} MB video: most memory over idle`,
        figure: median(large),
        unit: 'MB',
        spread: summarise(large),
        samples: PROCESSES,
        bar: { is: 'atMost', limit: 40 },
      },
      growth('download.growthMB', `the same less that of a ${SMALL} MB video`, large, small, 6),
      growth(
        'download.inlineGrowthMB',
        `${LARGE_INLINE} MB in the reply to a query, less ${SMALL_INLINE} MB`,
        inline.large,
        inline.small,
        64,
      ),
      {
        key: 'download.inlineVsRead',
        what: 'the same / that reply only read and dropped',
        figure: median(ratios),
        unit: '',
        against: `ours ${formatFigure(median(inline.large), 'MB')}, read ${formatFigure(median(read), 'MB')}`,
        spread: summarise(ratios),
        samples: PROCESSES,
        bar: { is: 'atMost', limit: 2 },
      },
    ];
  },
};

/** Memory for both sizes in MB, in alternating order. */
async function compare(
  sizes: { readonly large: number; readonly small: number },
  overIdle: (size: number) => Promise<number>,
): Promise<{ readonly large: number[]; readonly small: number[] }> {
  const large: number[] = [];
  const small: number[] = [];
  for (let round = 0; round < PROCESSES; round++) {
    for (const size of rotated([sizes.large, sizes.small], round)) {
      (size === sizes.large ? large : small).push(await overIdle(size));
    }
  }
  return { large, small };
}

function growth(
  key: string,
  what: string,
  large: readonly number[],
  small: readonly number[],
  limit: number,
): Row {
  return {
    key,
    what,
    figure: median(large) - median(small),
    unit: 'MB',
    against: `${formatFigure(median(large), 'MB')} - ${formatFigure(median(small), 'MB')}`,
    spread: summarise(pairwise(large, small, (left, right) => left - right)),
    samples: PROCESSES,
    bar: { is: 'atMost', limit },
  };
}

async function ours(bench: Bench, way: Way, size: number): Promise<number> {
  const server = await bench.server();
  const { baseUrl, key } = server;
  const taskId = way === 'inline' ? server.inlineTaskId(size * MB) : server.taskId(size * MB);
  const folder = await bench.folder();
  await storeTask(
    folder,
    taskRecord('ready', baseUrl, taskId, way === 'inline' ? 'veo-3.1-generate-preview' : 'sora-2'),
  );
  const order: DownloadOrder = { baseUrl, key, taskId, folder };
  const { overIdle } = await runInProcess('ourDownload', order, fetchReport, bench.signal);
  await rm(folder, { recursive: true });
  return overIdle / MB;
}

async function plainRead(bench: Bench, size: number): Promise<number> {
  const server = await bench.server();
  const { baseUrl, key } = server;
  const order: DownloadOrder = { baseUrl, key, taskId: server.inlineTaskId(size * MB), folder: '' };
  const { overIdle } = await runInProcess('plainRead', order, memoryReport, bench.signal);
  return overIdle / MB;
}
