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

class FailingPictureDisk extends FailingDisk {
  readonly utimes = utimes;
}

describe('the pictures that were sent', () => {
  const bytes = Buffer.from('the very bytes');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const image = { bytes, format: 'jpeg' } as const;
  let root: string;
  let folder: string;
  let disk: FailingPictureDisk;
  let kept: ImageStore;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'nebula-kept-'));
    folder = path.join(root, 'images');
    disk = new FailingPictureDisk();
    kept = new ImageStore(folder, disk);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are kept under their hash, as file URIs', async () => {
    const uri = await kept.keep(image);
    assert.equal(uri, pathToFileURL(path.join(folder, `${sha256}.jpg`)).href);
    assert.ok(readFileSync(fileURLToPath(uri)).equals(bytes));
  });

  it('are there once, whoever sends them again', async () => {
    const uris = await Promise.all([kept.keep(image), new ImageStore(folder).keep(image)]);
    assert.equal(new Set([...uris, await kept.keep(image)]).size, 1);
    assert.deepEqual(readdirSync(folder), [`${sha256}.jpg`]);
  });

  it('are written anew where the file is not what its name says', async () => {
    const uri = await kept.keep(image);
    writeFileSync(fileURLToPath(uri), 'cut');
    await kept.keep(image);
    assert.ok(readFileSync(fileURLToPath(uri)).equals(bytes));
  });

  it('are never there in part: they are synced under another name first', async () => {
    const seen: string[] = [];
    disk.before = (call, file) => {
      seen.push(call);
      if (call === 'rename') assert.ok(file.endsWith('.part') && readFileSync(file).equals(bytes));
    };
    await kept.keep(image);
    assert.ok(seen.includes('sync') && seen.indexOf('sync') < seen.indexOf('rename'));
  });

  for (const call of ['mkdir', 'open', 'writeFile', 'sync', 'rename'] as const) {
    it(`leave nothing behind when the disk fails: ${call}`, async () => {
      disk.faults.set(call, 'ENOSPC');
      await assert.rejects(kept.keep(image), DiskError);
      assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
    });
  }

  describe('are removed', () => {
    const hourAgo = Date.now() - 3_600_000;
    const deleteAll: DeleteUnused = (hashes, remove) => {
      hashes.forEach(remove);
      return Promise.resolve();
    };
    const old = (file: string) => utimesSync(file, new Date(hourAgo - 1_000), new Date(hourAgo - 1_000));

    it('when no task needs them, and nothing else is', async () => {
      const needed = await kept.keep(image);
      const spare = await kept.keep({ bytes: Buffer.from('another'), format: 'png' });
      const part = path.join(folder, `${sha256}.jpg.00000000-0000-4000-8000-000000000000.part`);
      const foreign = path.join(folder, 'holiday.jpg');
      writeFileSync(part, 'half');
      writeFileSync(foreign, 'not ours');
      for (const file of [fileURLToPath(needed), fileURLToPath(spare), part, foreign]) old(file);
      assert.equal(
        await kept.removeUnneeded(new Set([needed, 'https://example.com/a.png']), hourAgo, deleteAll),
        2,
      );
      assert.deepEqual(readdirSync(folder).sort(), [path.basename(needed), 'holiday.jpg'].sort());
    });

    it('only when they are old enough: their task may be about to be written', async () => {
      const uri = await kept.keep(image);
      assert.equal(await kept.removeUnneeded(new Set(), hourAgo, deleteAll), 0);
      // Sent again, an old one is as good as new.
      old(fileURLToPath(uri));
      await kept.keep(image);
      assert.equal(await kept.removeUnneeded(new Set(), hourAgo, deleteAll), 0);
      old(fileURLToPath(uri));
      assert.equal(await kept.removeUnneeded(new Set(), hourAgo, deleteAll), 1);
    });

    it('where there are any', async () => {
      assert.equal(await kept.removeUnneeded(new Set(), Date.now(), deleteAll), 0);
    });
  });
});
