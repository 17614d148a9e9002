import assert from 'node:assert/strict';
import { readState } from '../../../../src/webview/player/pageState';
import { MAX_FRAME_BYTES, toHost, toPage } from '../../../../src/webview/player/protocol';

describe('the player’s protocol', () => {
  it('takes what the page says', () => {
    assert.ok(toHost.safeParse({ type: 'ready' }).success);
    assert.ok(toHost.safeParse({ type: 'run', request: 1, action: 'saveAs' }).success);
    assert.ok(toHost.safeParse({ type: 'videoFailed', reason: '4 no decoder' }).success);
    const position = { video: 1, seconds: null };
    assert.ok(toHost.safeParse({ type: 'run', request: 1, action: 'useThisFrame', position }).success);
    assert.ok(toHost.safeParse({ type: 'frame', request: 1, png: new Uint8Array(8) }).success);
    assert.ok(toHost.safeParse({ type: 'frameError', request: 1, reason: '4 no decoder' }).success);
  });

  it('refuses what no page says', () => {
    for (const message of [
      undefined,
      'ready',
      { type: 'other' },
      { type: 'run', request: 1, action: 'workbench.action.quit' },
      { type: 'run', request: '1', action: 'saveAs' },
      { type: 'videoFailed', reason: 'x'.repeat(501) },
      { type: 'run', request: 1, action: 'useThisFrame', position: { video: -1, seconds: 0 } },
      { type: 'run', request: 1, action: 'useThisFrame', position: { video: 0, seconds: -1 } },
      { type: 'frame', request: 1, png: 'data:image/png;base64,' },
      { type: 'frame', request: 1, png: [1, 2, 3] },
      { type: 'frameError', request: 1, reason: 'x'.repeat(501) },
    ]) {
      assert.ok(!toHost.safeParse(message).success, JSON.stringify(message));
    }
  });

  it('refuses a picture that is too large', () => {
    const isTaken = (length: number) =>
      toHost.safeParse({ type: 'frame', request: 1, png: new Uint8Array(length) }).success;
    assert.deepEqual([isTaken(MAX_FRAME_BYTES), isTaken(MAX_FRAME_BYTES + 1)], [true, false]);
  });

  it('takes parts of a view, and refuses wrong ones', () => {
    assert.ok(toPage.safeParse({ type: 'change', change: { state: 'Ready' } }).success);
    assert.ok(!toPage.safeParse({ type: 'change', change: { state: 3 } }).success);
    assert.ok(!toPage.safeParse({ type: 'view', view: { title: 'half a view' } }).success);
  });
});

describe('what is kept of a page', () => {
  const kept = {
    taskId: 'a',
    take: 1,
    position: 2.5,
    volume: 0.3,
    muted: true,
    loop: true,
    speed: 0.5,
  };
  const fresh = { taskId: 'a', take: 0, position: 0, volume: 1, muted: false, loop: false, speed: 1 };

  it('comes back as it was', () => assert.deepEqual(readState(kept, 'a'), kept));

  it('begins anew for another task, or without anything kept', () => {
    assert.deepEqual(readState({ ...kept, taskId: 'b' }, 'a'), fresh);
    assert.deepEqual(readState(undefined, 'a'), fresh);
  });

  it('mends single values that make no sense', () => {
    const odd = { taskId: 'a', take: -1, position: 'x', volume: 7, muted: null, loop: true, speed: 99 };
    assert.deepEqual(readState(odd, 'a'), { ...fresh, loop: true });
  });
});
