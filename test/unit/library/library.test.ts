import ffmpeg from '@ffmpeg-installer/ffmpeg';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DiskError } from '../../../src/core/common/fileSystem';
import { Library } from '../../../src/core/library/library';
import { Mp4Error } from '../../../src/core/mp4/boxes';
import { FailingDisk } from '../support/failingDisk';

const task = { id: 'task-1', request: { model: 'sora-2', prompt: 'a paper boat' } };
const name = '2026-11-22-a-paper-boat-task-1';

describe('the library', function () {
  this.timeout(20_000);
  let folder: string;
  let library: Library;
  let video: Buffer;

  before(() => {
    const made = mkdtempSync(path.join(tmpdir(), 'nebula-'));
    const file = path.join(made, 'clip.mp4');
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=10:duration=1'];
    execFileSync(ffmpeg.path, ['-v', 'error', ...picture, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', file]);
    video = readFileSync(file);
    rmSync(made, { recursive: true });
  });
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'nebula-')), 'library');
    library = new Library(folder);
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

  const parts = () => readdirSync(path.join(folder, '.parts'));
  /** Names in the folder that could be taken for finished ones. */
  const finished = () =>
    readdirSync(folder)
      .filter((file) => file !== '.parts')
      .sort();
  const sidecar = () => JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as unknown;

  async function bring(bytes: Uint8Array = video) {
    const part = await library.begin(name);
    try {
      await part.write(bytes);
      return await library.place(await part.finish(), name, task);
    } finally {
      await part.discard();
    }
  }

  it('a video is written apart, checked, placed with its sidecar, and nothing else is left', async () => {
    const part = await library.begin(name);
    for (let at = 0; at < video.length; at += 1000) {
      await part.write(video.subarray(at, at + 1000));
      assert.deepEqual(finished(), []);
    }
    assert.equal(part.bytes, video.length);
    const verified = await part.finish();
    assert.deepEqual(finished(), []);
    const placed = await library.place(verified, name, task);
    await part.discard();
    assert.deepEqual(placed, {
      file: `${name}.mp4`,
      bytes: video.length,
      sha256: createHash('sha256').update(video).digest('hex'),
      width: 96,
      height: 64,
      durationSeconds: 1,
      hasAudio: false,
    });
    assert.deepEqual(readFileSync(path.join(folder, placed.file)), video);
    assert.deepEqual(finished(), [`${name}.json`, `${name}.mp4`]);
    assert.deepEqual(parts(), []);
    assert.deepEqual(sidecar(), { sidecarVersion: 1, video: placed, task });
    assert.deepEqual(await library.sidecars(), [{ sidecarVersion: 1, video: placed, task }]);
    assert.equal(await library.has(placed.file), true);
  });

  const noVideos: Readonly<Record<string, () => Uint8Array>> = {
    nothing: () => Buffer.alloc(0),
    'a web page': () => Buffer.from('<html>Not found</html>'),
    'half a video': () => video.subarray(0, video.length / 2),
    'zeros of its size': () => Buffer.alloc(video.length),
  };
  for (const [what, bytes] of Object.entries(noVideos)) {
    it(`${what}: refused as no video, and nothing is left`, async () => {
      await assert.rejects(bring(bytes()), Mp4Error);
      assert.deepEqual(finished(), []);
      assert.deepEqual(parts(), []);
    });
  }

  it('restart forgets what was written, the hash too', async () => {
    const part = await library.begin(name);
    await part.write(Buffer.alloc(video.length * 2, 1));
    await part.restart();
    assert.equal(part.bytes, 0);
    await part.write(video);
    const verified = await part.finish();
    assert.equal(verified.sha256, createHash('sha256').update(video).digest('hex'));
    assert.deepEqual(readFileSync(verified.file), video);
    await part.discard();
  });
  it('what turned out to be no video can be restarted, for another way to it', async () => {
    const part = await library.begin(name);
    await part.write(Buffer.from('<html>'));
    await assert.rejects(part.finish(), Mp4Error);
    await part.restart();
    await part.write(video);
    assert.equal((await library.place(await part.finish(), name, task)).bytes, video.length);
    await part.discard();
  });
  it('discard removes the part, at any time and twice', async () => {
    const part = await library.begin(name);
    await part.write(video);
    await part.discard();
    await part.discard();
    assert.deepEqual(parts(), []);
    await assert.rejects(part.write(video), DiskError);
  });
  it('begin clears what a dead window left of the same name, and no other', async () => {
    const dead = await library.begin(name);
    const other = await library.begin(`${name}-2`);
    const again = await library.begin(name);
    assert.equal(parts().length, 2);
    await dead.discard();
    await other.discard();
    await again.discard();
    assert.deepEqual(parts(), []);
  });
  it('a window that lost its claim cannot write into the file of the one that took over', async () => {
    const late = await library.begin(name);
    const current = await library.begin(name);
    await late.write(Buffer.from('late')).catch(() => undefined);
    await current.write(video);
    assert.deepEqual(readFileSync((await current.finish()).file), video);
    await late.discard();
    await current.discard();
  });

  describe('find', () => {
    it('nothing there', async () => {
      assert.equal(await library.find(name, task), undefined);
      assert.equal(await library.has(`${name}.mp4`), false);
    });
    it('a video with its sidecar', async () => {
      const placed = await bring();
      assert.deepEqual(await library.find(name, { other: 'task' }), placed);
      assert.deepEqual((sidecar() as { task: unknown }).task, task);
    });
    for (const [what, damage] of Object.entries({
      missing: (file: string) => rmSync(file),
      'half-written': (file: string) => writeFileSync(file, '{"sidecarVersion":1,'),
      'of another video': (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace(/"bytes": \d+/, '"bytes": 1')),
      'of another version': (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"sidecarVersion": 1', '"sidecarVersion": 2')),
    })) {
      it(`a video whose sidecar is ${what}: made good`, async () => {
        const placed = await bring();
        damage(path.join(folder, `${name}.json`));
        assert.deepEqual(await library.find(name, task), placed);
        assert.deepEqual(sidecar(), { sidecarVersion: 1, video: placed, task });
      });
    }
    it('a file of that name that is no video counts as none, and is replaced', async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${name}.mp4`), 'not a video');
      assert.equal(await library.find(name, task), undefined);
      assert.equal((await bring()).bytes, video.length);
    });
  });

  it('sidecars that are not ours or lie about their file are passed over', async () => {
    const placed = await bring();
    writeFileSync(path.join(folder, 'package.json'), '{"name":"x"}');
    writeFileSync(path.join(folder, 'empty.json'), '');
    writeFileSync(path.join(folder, 'copy.json'), readFileSync(path.join(folder, `${name}.json`)));
    mkdirSync(path.join(folder, 'folder.json'));
    assert.deepEqual(await library.sidecars(), [{ sidecarVersion: 1, video: placed, task }]);
    assert.deepEqual(await new Library(path.join(folder, 'nowhere')).sidecars(), []);
  });

  describe('what the disk refuses is a DiskError', () => {
    it('the folder is a file', async () => {
      writeFileSync(folder, 'in the way');
      await assert.rejects(library.begin(name), DiskError);
      assert.equal(await library.find(name, task), undefined);
    });
    it('the folder vanishes while a video is written', async () => {
      const part = await library.begin(name);
      await part.write(video);
      rmSync(folder, { recursive: true });
      await assert.rejects(part.finish(), DiskError);
      await part.discard();
    });
    it('the place is taken by a folder; the video is kept apart until it is discarded', async () => {
      const part = await library.begin(name);
      await part.write(video);
      mkdirSync(path.join(folder, `${name}.mp4`));
      const verified = await part.finish();
      await assert.rejects(library.place(verified, name, task), DiskError);
      assert.equal(existsSync(verified.file), true);
      assert.equal(existsSync(path.join(folder, `${name}.json`)), false);
      await part.discard();
      assert.deepEqual(parts(), []);
    });
    it('no room; and nothing is left of the attempt', async () => {
      const disk = new FailingDisk();
      library = new Library(folder, disk);
      disk.faults.set('write', 'ENOSPC');
      await assert.rejects(
        bring(),
        (error) => error instanceof DiskError && error.message.includes('ENOSPC'),
      );
      assert.deepEqual([finished(), parts()], [[], []]);
      disk.faults.clear();
      // The video is in place by then, and stays; only its sidecar is still to come.
      disk.faults.set('writeFile', 'ENOSPC');
      await assert.rejects(bring(), DiskError);
      assert.deepEqual([finished(), parts()], [[`${name}.mp4`], []]);
      disk.faults.clear();
      assert.equal((await library.find(name, task))?.bytes, video.length);
      assert.deepEqual(finished(), [`${name}.json`, `${name}.mp4`]);
    });
  });

  it('no file stays open', async function () {
    if (!existsSync('/proc/self/fd')) this.skip();
    const count = () => readdirSync('/proc/self/fd').length;
    await bring();
    const before = count();
    await bring();
    await bring(Buffer.from('no')).catch(() => undefined);
    await library.find(name, task);
    const part = await library.begin(name);
    await part.discard();
    rmSync(path.join(folder, `${name}.json`));
    await library.find(name, task);
    assert.equal(count(), before);
  });
});
