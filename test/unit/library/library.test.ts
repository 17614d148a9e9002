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
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DiskError, systemDisk, type Disk } from '../../../src/core/common/fileSystem';
import { Library } from '../../../src/core/library/library';
import { VideoFileError, type VideoFileErrorReason } from '../../../src/core/library/videoFileError';
import type { CompletePart, PartFile } from '../../../src/core/library/partFile';
import { FailingDisk } from '../support/failingDisk';
import { FakeClock } from '../support/fakeClock';

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
  /** Returns the names of files that look finished. */
  const finished = () =>
    readdirSync(folder)
      .filter((file) => file !== '.parts')
      .sort();
  const sidecar = () => JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as unknown;

  async function finish(part: PartFile): Promise<CompletePart> {
    const finished = await part.finish();
    if ('error' in finished) throw finished.error;
    return finished;
  }

  async function bring(bytes: Uint8Array = video) {
    const part = await library.createPart(name);
    try {
      await part.write(bytes);
      const placed = await library.commitPart(await finish(part), name);
      await library.writeSidecar(placed, { task });
      return placed;
    } finally {
      await part.discard();
    }
  }

  it('writes a video separately, checks it, moves it into place with its sidecar, and leaves nothing else', async () => {
    const part = await library.createPart(name);
    for (let at = 0; at < video.length; at += 1000) {
      await part.write(video.subarray(at, at + 1000));
      assert.deepEqual(finished(), []);
    }
    assert.equal(part.bytes, video.length);
    const complete = await finish(part);
    assert.deepEqual(finished(), []);
    const placed = await library.commitPart(complete, name);
    assert.deepEqual(finished(), [`${name}.mp4`]);
    await library.writeSidecar(placed, { task, source: 'a1' });
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
    const expected = { sidecarVersion: 1, video: { ...placed, source: 'a1' }, task };
    assert.deepEqual(sidecar(), expected);
    assert.deepEqual(await library.sidecars(), [expected]);
    assert.equal(await library.has(placed.file), true);
  });

  it('reads few sidecars at a time, and does not report one as damaged if too many files are open', async () => {
    mkdirSync(folder);
    for (let index = 0; index < 100; index++) writeFileSync(path.join(folder, `${index}.json`), '{}');
    let open = 0;
    let most = 0;
    const counting: Disk = {
      ...systemDisk,
      readFile: (async (...args: Parameters<Disk['readFile']>) => {
        most = Math.max(most, ++open);
        return systemDisk.readFile(...args).finally(() => open--);
      }) as Disk['readFile'],
    };
    assert.deepEqual(await new Library(folder, counting).sidecars(), []);
    assert.ok(most > 0 && most <= 16, String(most));
    const failing = new FailingDisk();
    failing.faults.set('readFile', 'EMFILE');
    await assert.rejects(new Library(folder, failing).sidecars(), /EMFILE/);
    failing.faults.set('readFile', 'EACCES');
    assert.deepEqual(await new Library(folder, failing).sidecars(), []);
  });

  const noVideos: Readonly<Record<string, readonly [VideoFileErrorReason, () => Uint8Array]>> = {
    nothing: ['empty', () => Buffer.alloc(0)],
    'a web page': ['webPage', () => Buffer.from('<html>Not found</html>')],
    'half a video': ['incomplete', () => video.subarray(0, video.length / 2)],
    'zeros of its size': ['unreadable', () => Buffer.alloc(video.length)],
  };
  for (const [what, [fault, bytes]] of Object.entries(noVideos)) {
    it(`refuses ${what} as ${fault}, and leaves nothing`, async () => {
      await assert.rejects(
        bring(bytes()),
        (error) => error instanceof VideoFileError && error.reason === fault,
      );
      assert.deepEqual(finished(), []);
      assert.deepEqual(parts(), []);
    });
  }
  it('keeps the same bytes as unverified the second time', async () => {
    const half = video.subarray(0, video.length / 2);
    const again = async (refused?: string) => {
      const part = await library.createPart(name);
      await part.write(half);
      return part.finish(refused);
    };
    const first = await again();
    assert.ok('error' in first);
    const other = await again('another hash');
    assert.ok('error' in other);
    const second = await again(first.sha256);
    assert.ok(!('error' in second));
    const placed = await library.commitPart(second, name);
    assert.equal(placed.unverified, true);
    await library.writeSidecar(placed, { task });
    assert.deepEqual(await library.find(name, { task }), placed);
    // Without its sidecar, only the stored records show that it belongs there.
    rmSync(path.join(folder, `${name}.json`));
    assert.equal(await library.find(name, { task }), undefined);
    assert.deepEqual(await library.find(name, { task, source: 'a1' }, placed), placed);
    assert.equal((sidecar() as { video: { source: string } }).video.source, 'a1');
  });
  it('keeps a complete file in doubt if the response declares another size, then unverified', async () => {
    const doubt = new VideoFileError('incomplete', 'fewer bytes than declared');
    const first = await library.createPart(name);
    await first.write(video);
    const refused = await first.finish(undefined, doubt);
    assert.ok('error' in refused && refused.error === doubt);
    const second = await library.createPart(name);
    await second.write(video);
    const kept = await second.finish(refused.sha256, doubt);
    assert.ok(!('error' in kept) && kept.info.isUnverified && kept.info.width === 96);
  });

  describe('a large part', () => {
    const MB = 1024 * 1024;
    const disk = new FailingDisk();
    const syncs: string[] = [];

    beforeEach(() => {
      syncs.length = 0;
      disk.before = (call) => {
        if (call === 'sync' || call === 'datasync') syncs.push(call);
      };
      library = new Library(folder, disk);
    });
    afterEach(() => disk.faults.clear());

    const write = async (megabytes: number): Promise<PartFile> => {
      const part = await library.createPart(name);
      await part.write(video);
      for (let count = 0; count < megabytes; count++) {
        // A box of free space, so that it stays a video.
        const box = Buffer.alloc(MB);
        box.writeUInt32BE(MB);
        box.write('free', 4, 'latin1');
        await part.write(box);
      }
      return part;
    };

    it('is synced in the background while it arrives, and as a whole at the end', async () => {
      const part = await write(20);
      assert.ok(syncs.length > 0 && !syncs.includes('sync'), syncs.join());
      await finish(part);
      assert.equal(syncs.at(-1), 'sync');
      assert.equal(syncs.filter((call) => call === 'sync').length, 1);
    });

    it('is not finished if a background sync failed', async () => {
      disk.faults.set('datasync', 'EIO');
      const part = await write(20);
      disk.faults.clear();
      await assert.rejects(part.finish(), DiskError);
      await part.discard();
      assert.deepEqual(parts(), []);
    });
  });

  it('discards everything written on restart, including the hash', async () => {
    const part = await library.createPart(name);
    await part.write(Buffer.alloc(video.length * 2, 1));
    await part.restart();
    assert.equal(part.bytes, 0);
    await part.write(video);
    const complete = await finish(part);
    assert.equal(complete.sha256, createHash('sha256').update(video).digest('hex'));
    assert.deepEqual(readFileSync(complete.file), video);
    await part.discard();
  });
  it('removes the partial file on discard, at any time and twice', async () => {
    const part = await library.createPart(name);
    await part.write(video);
    await part.discard();
    await part.discard();
    assert.deepEqual(parts(), []);
    await assert.rejects(part.write(video), DiskError);
  });
  it('keeps earlier partial files with the same name', async () => {
    const dead = await library.createPart(name);
    await dead.write(video);
    const other = await library.createPart(`${name}-2`);
    const again = await library.createPart(name);
    await again.write(video.subarray(0, 100));
    assert.equal(parts().length, 3);
    const found = await library.findPart(name);
    assert.deepEqual(found && readFileSync(found.file), video);
    assert.equal(found?.sha256, createHash('sha256').update(video).digest('hex'));
    assert.equal(await library.findPart(`${name}-2`), undefined);
    await library.removeParts(name);
    assert.deepEqual(parts(), [path.basename(other.file)]);
  });
  it('does not find an incomplete partial file', async () => {
    const part = await library.createPart(name);
    await part.write(video.subarray(0, -1));
    assert.equal(await library.findPart(name), undefined);
  });

  describe('a file that another program locks', () => {
    const disk = new FailingDisk();
    let clock: FakeClock;
    beforeEach(() => {
      clock = new FakeClock();
      library = new Library(folder, disk, clock);
      disk.faults.clear();
    });
    const placing = async (heldFor: (tries: number) => boolean) => {
      let tries = 0;
      disk.before = (call) => {
        if (call === 'rename') disk.faults[heldFor(++tries) ? 'set' : 'delete']('rename', 'EPERM');
      };
      const part = await library.createPart(name);
      await part.write(video);
      const placed = library.commitPart(await finish(part), name);
      const outcome: unknown[] = [];
      void placed.then(
        () => outcome.push('placed'),
        (error: unknown) => outcome.push(error),
      );
      const started = clock.now();
      while (outcome.length === 0) {
        await new Promise(setImmediate);
        const next = clock.nextTimer;
        if (next !== undefined) clock.moveTo(next);
      }
      return { outcome: outcome[0], tries, ms: clock.now() - started };
    };
    it('renames it when it is unlocked', async () => {
      const { outcome, tries } = await placing((count) => count <= 3);
      assert.deepEqual([outcome, tries], ['placed', 4]);
      assert.deepEqual([finished(), parts()], [[`${name}.mp4`], []]);
    });
    it('keeps the partial file if it is locked for more than a minute', async () => {
      const { outcome, ms } = await placing(() => true);
      assert.ok(outcome instanceof DiskError);
      assert.ok(ms > 50_000 && ms <= 60_000, String(ms));
      assert.equal(parts().length, 1);
      disk.before = () => undefined;
      disk.faults.clear();
      const part = await library.findPart(name);
      assert.ok(part);
      assert.equal((await library.commitPart(part, name)).bytes, video.length);
    });
  });

  describe('free space', () => {
    const stats = (free: number) => ({ bsize: 1024, bavail: free / 1024, blocks: 1 });
    const diskWith = (free: () => number) => {
      const statfs = () => Promise.resolve(stats(free()));
      return new Proxy(new FailingDisk(), {
        get: (disk, key): unknown => (key === 'statfs' ? statfs : Reflect.get(disk, key)),
      });
    };
    const MB = 1024 * 1024;
    it('is checked before the first byte', async () => {
      library = new Library(
        folder,
        diskWith(() => 100 * MB),
      );
      const part = await library.createPart(name);
      part.expect(200 * MB);
      await assert.rejects(part.write(video), /the disk is full: 216 MB needed, 100 MB free/);
      assert.equal(readFileSync(part.file).length, 0);
    });
    it('is checked again while writing', async () => {
      let free = 300 * MB;
      library = new Library(
        folder,
        diskWith(() => free),
      );
      const part = await library.createPart(name);
      part.expect(200 * MB);
      const piece = Buffer.alloc(16 * MB);
      await part.write(piece);
      free = 0;
      const rest = async () => {
        for (let at = 0; at < 11; at++) await part.write(piece);
      };
      await assert.rejects(rest(), DiskError);
      assert.equal(part.bytes, 64 * MB);
    });
    it('is assumed if the disk does not report it', async () => {
      const disk = new FailingDisk();
      disk.faults.set('statfs', 'ENOSYS');
      library = new Library(folder, disk);
      assert.equal((await bring()).bytes, video.length);
    });
  });

  describe('find', () => {
    it('finds a WebM with its own extension', async () => {
      const webm = readFileSync('test/cases/media/vp9.webm');
      const placed = await bring(webm);
      assert.equal(placed.file, `${name}.webm`);
      assert.deepEqual(finished(), [`${name}.json`, `${name}.webm`]);
      assert.deepEqual(await library.find(name, { task }), placed);
      assert.deepEqual(
        (await library.scan()).videos.map(({ file }) => file),
        [placed.file],
      );
    });
    it('finds nothing in an empty folder', async () => {
      assert.equal(await library.find(name, { task }), undefined);
      assert.equal(await library.has(`${name}.mp4`), false);
    });
    it('finds a video with its sidecar', async () => {
      const placed = await bring();
      assert.deepEqual(await library.find(name, { task: 'other' }), placed);
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
      it(`repairs a sidecar that is ${what}`, async () => {
        const placed = await bring();
        damage(path.join(folder, `${name}.json`));
        assert.deepEqual(await library.find(name, { task }), placed);
        assert.deepEqual(sidecar(), { sidecarVersion: 1, video: placed, task });
      });
    }
    it('ignores and replaces a file of that name that is no video', async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${name}.mp4`), 'not a video');
      assert.equal(await library.find(name, { task }), undefined);
      assert.equal((await bring()).bytes, video.length);
    });
  });

  it('skips sidecars of other programs or that don’t match their file', async () => {
    const placed = await bring();
    writeFileSync(path.join(folder, 'package.json'), '{"name":"x"}');
    writeFileSync(path.join(folder, 'empty.json'), '');
    writeFileSync(path.join(folder, 'copy.json'), readFileSync(path.join(folder, `${name}.json`)));
    mkdirSync(path.join(folder, 'folder.json'));
    assert.deepEqual(await library.sidecars(), [{ sidecarVersion: 1, video: placed, task }]);
    assert.deepEqual(await new Library(path.join(folder, 'nowhere')).sidecars(), []);
  });

  describe('disk errors', () => {
    it('reports a file in place of the folder', async () => {
      writeFileSync(folder, 'in the way');
      await assert.rejects(library.createPart(name), DiskError);
      assert.equal(await library.find(name, { task }), undefined);
    });
    it('reports that the folder disappeared during a write', async () => {
      const part = await library.createPart(name);
      await part.write(video);
      rmSync(folder, { recursive: true });
      await assert.rejects(part.finish(), DiskError);
      await part.discard();
    });
    it('reports a folder in place of the file, and keeps the video until it is discarded', async () => {
      const part = await library.createPart(name);
      await part.write(video);
      mkdirSync(path.join(folder, `${name}.mp4`));
      const complete = await finish(part);
      await assert.rejects(library.commitPart(complete, name), DiskError);
      assert.equal(existsSync(complete.file), true);
      assert.equal(existsSync(path.join(folder, `${name}.json`)), false);
      await part.discard();
      assert.deepEqual(parts(), []);
    });
    it('reports a full disk, and leaves nothing of the attempt', async () => {
      const disk = new FailingDisk();
      library = new Library(folder, disk);
      disk.faults.set('write', 'ENOSPC');
      await assert.rejects(
        bring(),
        (error) => error instanceof DiskError && error.message.includes('ENOSPC'),
      );
      assert.deepEqual([finished(), parts()], [[], []]);
      disk.faults.clear();
      // The video is already in place and stays. Only its sidecar is missing.
      disk.faults.set('writeFile', 'ENOSPC');
      await assert.rejects(bring(), DiskError);
      assert.deepEqual([finished(), parts()], [[`${name}.mp4`], []]);
      disk.faults.clear();
      assert.equal((await library.find(name, { task }))?.bytes, video.length);
      assert.deepEqual(finished(), [`${name}.json`, `${name}.mp4`]);
    });
  });

  it('leaves no file open', async function () {
    if (!existsSync('/proc/self/fd')) this.skip();
    // Count only this test's files, because other suites may still be closing theirs.
    const count = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          return false;
        }
      }).length;
    await bring();
    const before = count();
    await bring();
    await bring(Buffer.from('no')).catch(() => undefined);
    await library.find(name, { task });
    const part = await library.createPart(name);
    await part.discard();
    rmSync(path.join(folder, `${name}.json`));
    await library.find(name, { task });
    assert.equal(count(), before);
  });
});
