import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEncoder } from '../../gateway/video/encoder';
import { findProjectRoot } from '../../gateway/video/projectRoot';
import { VideoGenerator } from '../../gateway/video/videoGenerator';
import type { VideoSpec } from '../../gateway/video/videoSpec';
import { TestGateways, parseBody, PAST_ALL_TASKS_MS } from './testClient';

interface Probed {
  readonly streams: readonly {
    codec_name: string;
    width?: number;
    height?: number;
    duration: string;
    nb_read_frames?: string;
    sample_rate?: string;
  }[];
  readonly format: { duration: string };
}

async function probe(file: string): Promise<Probed> {
  const fromProject = createRequire(join(findProjectRoot(), 'package.json'));
  const { path } = fromProject('@ffprobe-installer/ffprobe') as { path: string };
  if ((statSync(path).mode & 0o100) === 0) chmodSync(path, 0o755);
  const { stdout } = await promisify(execFile)(path, [
    ...['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', file],
  ]);
  return JSON.parse(stdout) as Probed;
}

const spec: VideoSpec = {
  ...{ width: 320, height: 180, seconds: 1, framesPerSecond: 24 },
  ...{ faststart: true, audio: true, look: 'one' },
};

describe('pretend gateway: videos', function () {
  this.timeout(60_000);
  const gateways = new TestGateways();
  let folder: string;
  let generator: VideoGenerator;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pretend-videos-test-'));
    generator = new VideoGenerator(findEncoder(), folder);
  });
  afterEach(async () => {
    await generator.stop();
    await gateways.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const requested = [
    { size: '1280x720', seconds: '4', frames: 96 },
    { size: '720x1280', seconds: '12', frames: 288 },
  ];
  for (const { size, seconds, frames } of requested) {
    it(`generates ${size} of ${seconds} s: H.264 and AAC, with exactly that width, height and length`, async () => {
      const client = await gateways.start();
      const id = await client.submitTask({ size, seconds });
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      const file = join(folder, 'got.mp4');
      await writeFile(file, Buffer.from(String(parseBody(await client.download(id))['base64']), 'base64'));
      const { streams, format } = await probe(file);
      const video = streams.find(({ codec_name }) => codec_name === 'h264')!;
      const audio = streams.find(({ codec_name }) => codec_name === 'aac')!;
      assert.deepEqual(
        streams.map(({ codec_name }) => codec_name),
        ['h264', 'aac'],
      );
      assert.equal([video.width, video.height].join('x'), size);
      assert.equal(Number(video.nb_read_frames), frames);
      assert.equal(audio.sample_rate, '48000');
      for (const length of [video.duration, audio.duration, format.duration]) {
        assert.ok(Math.abs(Number(length) - Number(seconds)) <= 0.05, `${length} s`);
      }
    });
  }

  it('encodes each video once, however many requests need it at once or later', async () => {
    const [one, same] = await Promise.all([generator.generate(spec), generator.generate({ ...spec })]);
    assert.equal(one.file, same.file);
    assert.equal((await generator.generate(spec)).file, one.file);
    assert.equal(generator.encodes, 1);
    const another = new VideoGenerator(findEncoder(), folder);
    assert.equal((await another.generate(spec)).bytes, one.bytes);
    assert.equal(another.encodes, 0);
  });

  it('generates different frames and tones for different looks', async () => {
    const [one, two] = await Promise.all([
      generator.generate(spec),
      generator.generate({ ...spec, look: 'two' }),
    ]);
    const [first, second] = await Promise.all([fingerprint(one.file), fingerprint(two.file)]);
    assert.notEqual(first.videoStream, second.videoStream);
    assert.notEqual(first.sound, second.sound);
    // The frames within a clip must differ too.
    assert.equal(new Set(first.frames).size, 24);
  });

  it('puts the index in front or behind, and leaves out the sound if requested', async () => {
    const [front, behind] = await Promise.all([
      generator.generate(spec),
      generator.generate({ ...spec, faststart: false, audio: false }),
    ]);
    const order = async (file: string): Promise<boolean> => {
      const text = (await readFile(file)).toString('latin1');
      return text.indexOf('moov') < text.indexOf('mdat');
    };
    assert.deepEqual([await order(front.file), await order(behind.file)], [true, false]);
    assert.equal((await probe(behind.file)).streams.length, 1);
  });

  it('leaves no partial files behind when it is stopped', async () => {
    const long = generator.generate({ ...spec, width: 1280, height: 720, seconds: 12 });
    const waiting = [generator.generate({ ...spec, look: '2' }), generator.generate({ ...spec, look: '3' })];
    const endings = Promise.allSettled([long, ...waiting]);
    while (generator.encodes === 0) await new Promise((resolve) => setImmediate(resolve));
    await generator.stop();
    assert.ok((await endings).every(({ status }) => status === 'rejected'));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('fails a task whose video cannot be encoded, and reports why', async () => {
    await writeFile(join(folder, 'no-folder'), '');
    const client = await gateways.start({ cacheFolder: join(folder, 'no-folder') });
    const id = await client.submitTask();
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const { failure_reason: reason } = parseBody(await client.query(id));
    assert.match(String(reason), /^The pretend gateway could not encode: .*(ENOTDIR|EEXIST)/);
  });

  it('never reports success before the file exists, even with a running clock', async () => {
    const client = await gateways.start({
      ...{ clock: { kind: 'real', speed: 1_000_000 }, cacheFolder: folder },
    });
    const id = await client.submitTask();
    const message = new Set<unknown>();
    while (!message.has('succeeded')) message.add(parseBody(await client.query(id))['status']);
    assert.deepEqual(
      readdirSync(folder).map((name) => name.replace(/^\w+/, '')),
      ['.mp4'],
    );
    assert.ok(message.has('in_progress'));
    assert.equal((await client.download(id)).status, 200);
  });
});

/** Checksums of the decoded frames and sound, not of the container. */
async function fingerprint(file: string): Promise<{ videoStream: string; sound: string; frames: string[] }> {
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(findEncoder(), ['-v', 'error', '-i', file, ...args, '-'])).stdout;
  const lines = (await run('-map', '0:v', '-f', 'framemd5')).split('\n').filter((line) => /^\d/.test(line));
  return {
    videoStream: await run('-map', '0:v', '-f', 'md5'),
    sound: await run('-map', '0:a', '-f', 'md5'),
    frames: lines.map((line) => line.split(',').at(-1) ?? ''),
  };
}
