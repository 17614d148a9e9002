import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspectVideoFile } from '../../../../src/editor/player/videoFile';
import { findEncoder } from '../../../gateway/video/encoder';

describe('a look at a video’s file', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'media-'))));
  after(() => rmSync(folder, { recursive: true }));

  const make = (name: string, rate: string, ...more: string[]) => {
    const file = path.join(folder, name);
    const source = `testsrc2=size=64x64:rate=${rate}:duration=2`;
    execFileSync(findEncoder(), [
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      source,
      ...more,
      '-f',
      'mp4',
      file,
    ]);
    return file;
  };

  it('finds the pictures per second', async () => {
    for (const [rate, expected] of [
      ['24', 24],
      ['30000/1001', 30_000 / 1001],
    ] as const) {
      const media = await inspectVideoFile(pathToFileURL(make('a.mp4', rate)).href);
      assert.ok(Math.abs((media?.framesPerSecond ?? 0) - expected) < 0.02, String(media?.framesPerSecond));
    }
  });

  it('does not guess them for a fragmented file', async () => {
    const file = make('b.mp4', '25', '-movflags', 'frag_keyframe+empty_moov');
    assert.equal((await inspectVideoFile(pathToFileURL(file).href))?.framesPerSecond, null);
  });

  it('has another version after each change', async () => {
    const file = make('c.mp4', '25');
    const uri = pathToFileURL(file).href;
    const first = await inspectVideoFile(uri);
    assert.equal((await inspectVideoFile(uri))?.version, first?.version);
    appendFileSync(file, 'more');
    const second = await inspectVideoFile(uri);
    assert.notEqual(second?.version, first?.version);
    // Damaged, but there.
    assert.equal(second?.framesPerSecond !== undefined, true);
  });

  it('tells when there is no file', async () => {
    assert.equal(await inspectVideoFile(pathToFileURL(path.join(folder, 'none.mp4')).href), undefined);
    assert.equal(await inspectVideoFile(pathToFileURL(folder).href), undefined);
  });
});
