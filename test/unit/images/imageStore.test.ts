import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ImageStore, type DeleteUnused } from '../../../src/core/images/imageStore';
import { DiskError } from '../../../src/core/common/fileSystem';
import { FailingDisk } from '../support/failingDisk';

class FailingImageDisk extends FailingDisk {
  readonly utimes = utimes;
}

describe('the image store', () => {
  const bytes = Buffer.from('the very bytes');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const image = { bytes, format: 'jpeg' } as const;
  let root: string;
  let folder: string;
  let disk: FailingImageDisk;
  let store: ImageStore;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'nebula-kept-'));
    folder = path.join(root, 'images');
    disk = new FailingImageDisk();
    store = new ImageStore(folder, disk);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('names images by their hash and returns file URIs', async () => {
    const uri = await store.keep(image);
    assert.equal(uri, pathToFileURL(path.join(folder, `${sha256}.jpg`)).href);
    assert.ok(readFileSync(fileURLToPath(uri)).equals(bytes));
  });

  it('stores an image once', async () => {
    const uris = await Promise.all([store.keep(image), new ImageStore(folder).keep(image)]);
    assert.equal(new Set([...uris, await store.keep(image)]).size, 1);
    assert.deepEqual(readdirSync(folder), [`${sha256}.jpg`]);
  });

  it('replaces a file whose bytes do not match its hash', async () => {
    const uri = await store.keep(image);
    writeFileSync(fileURLToPath(uri), 'cut');
    await store.keep(image);
    assert.ok(readFileSync(fileURLToPath(uri)).equals(bytes));
  });

  it('syncs a file under another name first, so that it is never incomplete', async () => {
    const seen: string[] = [];
    disk.before = (call, file) => {
      seen.push(call);
      if (call === 'rename') assert.ok(file.endsWith('.part') && readFileSync(file).equals(bytes));
    };
    await store.keep(image);
    assert.ok(seen.includes('sync') && seen.indexOf('sync') < seen.indexOf('rename'));
  });

  for (const call of ['mkdir', 'open', 'writeFile', 'sync', 'rename'] as const) {
    it(`leaves nothing behind if the disk fails: ${call}`, async () => {
      disk.faults.set(call, 'ENOSPC');
      await assert.rejects(store.keep(image), DiskError);
      assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
    });
  }

  describe('removes', () => {
    const hourAgo = Date.now() - 3_600_000;
    const deleteAll: DeleteUnused = (hashes, remove) => {
      hashes.forEach(remove);
      return Promise.resolve();
    };
    const old = (file: string) => utimesSync(file, new Date(hourAgo - 1_000), new Date(hourAgo - 1_000));

    it('images that no task needs, and nothing else', async () => {
      const needed = await store.keep(image);
      const spare = await store.keep({ bytes: Buffer.from('another'), format: 'png' });
      const part = path.join(folder, `${sha256}.jpg.00000000-0000-4000-8000-000000000000.part`);
      const foreign = path.join(folder, 'holiday.jpg');
      writeFileSync(part, 'half');
      writeFileSync(foreign, 'foreign');
      for (const file of [fileURLToPath(needed), fileURLToPath(spare), part, foreign]) old(file);
      assert.equal(
        await store.removeUnneeded(new Set([needed, 'https://example.com/a.png']), hourAgo, deleteAll),
        2,
      );
      assert.deepEqual(readdirSync(folder).sort(), [path.basename(needed), 'holiday.jpg'].sort());
    });

    it('only images that are old enough, because their task may be about to be stored', async () => {
      const uri = await store.keep(image);
      assert.equal(await store.removeUnneeded(new Set(), hourAgo, deleteAll), 0);
      // Sending an old image again makes it new.
      old(fileURLToPath(uri));
      await store.keep(image);
      assert.equal(await store.removeUnneeded(new Set(), hourAgo, deleteAll), 0);
      old(fileURLToPath(uri));
      assert.equal(await store.removeUnneeded(new Set(), hourAgo, deleteAll), 1);
    });

    it('nothing if there is no folder', async () => {
      assert.equal(await store.removeUnneeded(new Set(), Date.now(), deleteAll), 0);
    });
  });
});
