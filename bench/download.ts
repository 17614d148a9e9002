import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { Bench } from './context';
import { VoidMeasurement, repeatedWhenVoid, type Measurement, type Row } from './measurement';
import { downloadReport, type DownloadOrder } from './programs/program';
import { runInProcess } from './runInProcess';
import { storeTask, taskRecord } from './seed';
import { readClip } from './server/clip';
import { PaddedVideo } from './server/paddedVideo';
import { formatFigure } from './table';
import { median, pairwise, summarise } from './statistics';

const VIDEO_BYTES = 100 * 1024 * 1024;
const ROUNDS = 11;
/** The sample is several times slower and far from its limit, so it skips the last rounds. */
const SAMPLE_ROUNDS = 7;

const PROGRAMS = { ours: 'ourDownload', sample: 'sampleDownload', raw: 'rawDownload' } as const;
type Way = keyof typeof PROGRAMS;
/** The extension comes in the middle, so that its comparisons run right before and after it. */
const WAYS: readonly Way[] = ['sample', 'ours', 'raw'];

/** The measurement of one download. */
interface DownloadedVideos {
  readonly ms: number;
  /** Bytes that the server sent for it. */
  readonly sent: number;
}

/** By round. The sample has fewer. */
type Fetches = Readonly<Record<Way, DownloadedVideos[]>>;

/** Downloads a large video with the extension, the documentation's sample, and minimal code. */
export const download: Measurement = {
  keys: ['download.speedup', 'download.wireShare', 'download.vsRaw'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const { sha256 } = new PaddedVideo(await readClip(), VIDEO_BYTES);
    const fetched: Fetches = { ours: [], sample: [], raw: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const ways = WAYS.filter((way) => way !== 'sample' || round < SAMPLE_ROUNDS);
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        fetched[way].push(await repeatedWhenVoid(() => fetchOnce(bench, way, sha256)));
      }
    }
    return rows(fetched);
  },
};

async function fetchOnce(bench: Bench, way: Way, sha256: string): Promise<DownloadedVideos> {
  const server = await bench.server();
  const folder = await bench.folder();
  const { baseUrl, key } = server;
  const taskId = server.taskId(VIDEO_BYTES);
  if (way === 'ours') await storeTask(folder, taskRecord('ready', baseUrl, taskId));
  const order: DownloadOrder = { baseUrl, key, taskId, folder };
  await server.exchanges();
  const { ms, file } = await runInProcess(PROGRAMS[way], order, downloadReport, bench.signal);
  await mustBe(file, sha256);
  await rm(folder, { recursive: true });
  // Requests that detect the kind of the gateway don't count.
  const exchanges = (await server.exchanges()).filter(({ path }) => path.endsWith('/download'));
  const [exchange] = exchanges;
  if (!exchange || exchanges.length !== 1) {
    throw new VoidMeasurement(
      `The video was to be asked for once, but there were ${exchanges.length} requests.`,
    );
  }
  return { ms, sent: exchange.sent };
}

/** All three must produce the same file, and pending disk writes of one must not slow down the next. */
async function mustBe(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Uint8Array);
  if (hash.digest('hex') !== sha256) throw new VoidMeasurement(`${file} is not the video that was sent.`);
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}

function rows(fetched: Fetches): Row[] {
  const ms = (way: Way): number[] => fetched[way].map((one) => one.ms);
  const sent = (way: Way): number[] => fetched[way].map((one) => one.sent);
  const inMs = (way: Way): string => formatFigure(median(ms(way)), 'ms');
  const ratio = (left: number, right: number): number => left / right;
  const withSample = (figures: number[]): number[] => figures.slice(0, SAMPLE_ROUNDS);
  const speedup = summarise(pairwise(ms('sample'), withSample(ms('ours')), ratio));
  const vsRaw = summarise(pairwise(ms('ours'), ms('raw'), ratio));
  // The sample reads the entire response.
  const wireShare = summarise(pairwise(withSample(sent('ours')), sent('sample'), ratio));
  return [
    {
      key: 'download.speedup',
      what: '100 MB video: the sample of the documentation / ours',
      figure: speedup.median,
      unit: '',
      against: `sample ${inMs('sample')}, ours ${inMs('ours')}`,
      spread: speedup,
      samples: SAMPLE_ROUNDS,
      bar: { is: 'atLeast', limit: 2.5 },
    },
    {
      key: 'download.wireShare',
      what: 'sent by the server / the whole reply',
      figure: wireShare.median,
      unit: '',
      against: `${inMB(median(sent('ours')))} of ${inMB(median(sent('sample')))}`,
      spread: wireShare,
      samples: SAMPLE_ROUNDS,
      bar: { is: 'atMost', limit: 0.53 },
    },
    {
      key: 'download.vsRaw',
      what: 'ours / only the base64 field to disk, hashed and synced',
      figure: vsRaw.median,
      unit: '',
      against: `ours ${inMs('ours')}, raw ${inMs('raw')}`,
      spread: vsRaw,
      samples: ROUNDS,
      bar: { is: 'atMost', limit: 1.12 },
    },
  ];
}

const inMB = (bytes: number): string => formatFigure(bytes / 1024 / 1024, 'MB');
