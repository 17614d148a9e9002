import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PartRecords } from '../../../../src/editor/library/partRecords';

const HOUR_MS = 60 * 60_000;
const ignore = () => undefined;
const log = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

describe('part files of copies to a workspace', () => {
  let place: string;
  let storage: string;
  let workspace: string;

  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'nebula-parts-'));
    storage = path.join(place, 'exports');
    workspace = path.join(place, 'workspace');
    mkdirSync(workspace);
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  /** A window whose clock is so far ahead. */
  const windowAfter = (ms: number) =>
    new PartRecords({
      folder: storage,
      clock: { now: () => Date.now() + ms, setTimeout: () => ({ dispose: ignore }) },
      log,
    });

  /** Copies, and is killed in the middle. */
  async function killWhileCopying(): Promise<string> {
    return new Promise((resolve) => {
      void windowAfter(0).withPart(workspace, async (part) => {
        writeFileSync(part, 'half a video');
        resolve(part);
        await new Promise(() => undefined);
      });
    });
  }

  it('are recorded while they exist, and leave nothing behind', async () => {
    await windowAfter(0).withPart(workspace, async (part) => {
      assert.equal(readdirSync(storage).length, 1);
      writeFileSync(part, 'a video');
      rmSync(part);
      return Promise.resolve();
    });
    assert.deepEqual([readdirSync(storage), readdirSync(workspace)], [[], []]);
  });

  it('are removed after a failure', async () => {
    const copying = windowAfter(0).withPart(workspace, async (part) => {
      writeFileSync(part, 'half a video');
      return Promise.reject(new Error('the disk is full'));
    });
    await assert.rejects(copying, /disk is full/);
    assert.deepEqual([readdirSync(storage), readdirSync(workspace)], [[], []]);
  });

  it('are removed an hour after their window was killed, not before', async () => {
    const part = await killWhileCopying();
    await windowAfter(HOUR_MS - 60_000).cleanUp();
    assert.ok(existsSync(part));
    await windowAfter(HOUR_MS + 60_000).cleanUp();
    assert.deepEqual([readdirSync(storage), readdirSync(workspace)], [[], []]);
  });

  it('stay recorded while their drive is away', async () => {
    await killWhileCopying();
    rmSync(workspace, { recursive: true });
    await windowAfter(2 * HOUR_MS).cleanUp();
    assert.equal(readdirSync(storage).length, 1);
  });

  it('are the only files that are removed', async () => {
    const other = path.join(workspace, 'mine.mp4');
    writeFileSync(other, 'mine');
    mkdirSync(storage);
    writeFileSync(path.join(storage, 'x'), other);
    await windowAfter(2 * HOUR_MS).cleanUp();
    assert.ok(existsSync(other));
    assert.deepEqual(readdirSync(storage), []);
  });

  it("keep no video from being saved if they can't be recorded", async () => {
    writeFileSync(storage, 'a file in place of the folder');
    let isCopied = false;
    await windowAfter(0).withPart(workspace, async () => Promise.resolve(void (isCopied = true)));
    assert.ok(isCopied);
  });
});
