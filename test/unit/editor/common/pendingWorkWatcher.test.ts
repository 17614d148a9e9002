import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PendingMarker } from '../../../../src/core/store/pendingMarker';
import { STORAGE_NAMES } from '../../../../src/core/common/storageNames';
import { PendingWorkWatcher } from '../../../../src/editor/common/pendingWorkWatcher';

describe('the watch for unfinished work', () => {
  let parent: string;
  let folder: string;
  let watch: PendingWorkWatcher;
  let found: number;
  let tell: () => void;

  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'nebula-watch-'));
    folder = path.join(parent, 'storage');
    found = 0;
    tell = () => undefined;
    watch = new PendingWorkWatcher(folder, () => {
      found++;
      tell();
    });
  });

  afterEach(() => {
    watch.dispose();
    rmSync(parent, { recursive: true, force: true });
  });

  const mark = () => new PendingMarker(path.join(folder, STORAGE_NAMES.pending)).set();

  it('finds it at once where it is there', () => {
    const other = new PendingWorkWatcher(folder, () => undefined);
    other.start();
    other.dispose();
    mark();
    watch.start();
    assert.equal(found, 1);
    watch.look();
    assert.equal(found, 1);
  });

  it('finds it when another window begins it, and keeps no timer meanwhile', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    watch.start();
    assert.equal(timers(), before);
    const noticed = new Promise<void>((resolve) => (tell = resolve));
    mark();
    await noticed;
    assert.equal(found, 1);
  });

  it('finds nothing where nothing is, or after its end', () => {
    watch.start();
    watch.look();
    watch.dispose();
    mark();
    watch.look();
    watch.start();
    assert.equal(found, 0);
  });

  it('bears a folder that cannot be made', () => {
    const impossible = new PendingWorkWatcher('/dev/null/storage', () => found++);
    impossible.start();
    impossible.look();
    impossible.dispose();
    assert.equal(found, 0);
  });
});
