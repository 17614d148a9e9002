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
import { VideoMaker } from '../../gateway/video/videoMaker';
import type { VideoSpec } from '../../gateway/video/videoSpec';
import { GatewayRack, jsonOf, LONG_ENOUGH } from './testClient';

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
  const rack = new GatewayRack();
  let folder: string;
  let maker: VideoMaker;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pretend-videos-test-'));
    maker = new VideoMaker(findEncoder(), folder);
  });
  afterEach(async () => {
    await maker.stop();
    await rack.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const asked = [
    { size: '1280x720', seconds: '4', frames: 96 },
    { size: '720x1280', seconds: '12', frames: 288 },
  ];
  for (const { size, seconds, frames } of asked) {
    it(`delivers ${size} of ${seconds} s: H.264 and AAC, exactly so wide, high and long`, async () => {
      const client = await rack.start();
      const id = await client.newTask({ size, seconds });
      await client.gateway.advance(LONG_ENOUGH);
      const file = join(folder, 'got.mp4');
      await writeFile(file, Buffer.from(String(jsonOf(await client.download(id))['base64']), 'base64'));
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

  it('encodes each video once, however many ask for it at once or later', async () => {
    const [one, same] = await Promise.all([maker.make(spec), maker.make({ ...spec })]);
    assert.equal(one.file, same.file);
    assert.equal((await maker.make(spec)).file, one.file);
    assert.equal(maker.encodes, 1);
    const another = new VideoMaker(findEncoder(), folder);
    assert.equal((await another.make(spec)).bytes, one.bytes);
    assert.equal(another.encodes, 0);
  });

  it('makes different pictures and tones for different looks', async () => {
    const [one, two] = await Promise.all([maker.make(spec), maker.make({ ...spec, look: 'two' })]);
    const [first, second] = await Promise.all([fingerprint(one.file), fingerprint(two.file)]);
    assert.notEqual(first.picture, second.picture);
    assert.notEqual(first.sound, second.sound);
    // Within a clip, too, something moves.
    assert.equal(new Set(first.frames).size, 24);
  });

  it('puts the index in front or behind, and can leave the sound out', async () => {
    const [front, behind] = await Promise.all([
      maker.make(spec),
      maker.make({ ...spec, faststart: false, audio: false }),
    ]);
    const order = async (file: string): Promise<boolean> => {
      const text = (await readFile(file)).toString('latin1');
      return text.indexOf('moov') < text.indexOf('mdat');
    };
    assert.deepEqual([await order(front.file), await order(behind.file)], [true, false]);
    assert.equal((await probe(behind.file)).streams.length, 1);
  });

  it('leaves nothing half-made behind when it is stopped', async () => {
    const long = maker.make({ ...spec, width: 1280, height: 720, seconds: 12 });
    const waiting = [maker.make({ ...spec, look: '2' }), maker.make({ ...spec, look: '3' })];
    const ends = Promise.allSettled([long, ...waiting]);
    while (maker.encodes === 0) await new Promise((resolve) => setImmediate(resolve));
    await maker.stop();
    assert.ok((await ends).every(({ status }) => status === 'rejected'));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('fails a task whose video cannot be made, and says why', async () => {
    await writeFile(join(folder, 'no-folder'), '');
    const client = await rack.start({ cacheFolder: join(folder, 'no-folder') });
    const id = await client.newTask();
    await client.gateway.advance(LONG_ENOUGH);
    const { failure_reason: reason } = jsonOf(await client.query(id));
    assert.match(String(reason), /^The pretend gateway could not encode: .*(ENOTDIR|EEXIST)/);
  });

  it('never says succeeded before the file is there, even where time runs alone', async () => {
    const client = await rack.start({
      ...{ clock: { kind: 'real', speed: 1_000_000 }, cacheFolder: folder },
    });
    const id = await client.newTask();
    const words = new Set<unknown>();
    while (!words.has('succeeded')) words.add(jsonOf(await client.query(id))['status']);
    assert.deepEqual(
      readdirSync(folder).map((name) => name.replace(/^\w+/, '')),
      ['.mp4'],
    );
    assert.ok(words.has('in_progress'));
    assert.equal((await client.download(id)).status, 200);
  });
});

/** Checksums of what is really seen and heard, not of the container. */
async function fingerprint(file: string): Promise<{ picture: string; sound: string; frames: string[] }> {
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(findEncoder(), ['-v', 'error', '-i', file, ...args, '-'])).stdout;
  const lines = (await run('-map', '0:v', '-f', 'framemd5')).split('\n').filter((line) => /^\d/.test(line));
  return {
    picture: await run('-map', '0:v', '-f', 'md5'),
    sound: await run('-map', '0:a', '-f', 'md5'),
    frames: lines.map((line) => line.split(',').at(-1) ?? ''),
  };
}
