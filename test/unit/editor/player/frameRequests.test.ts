import { strict as assert } from 'node:assert';
import { FRAME_TIMEOUT_MS, FrameError, FrameRequests } from '../../../../src/editor/player/frameRequests';
import type { ToPage } from '../../../../src/webview/player/protocol';
import { FakeClock } from '../../support/fakeClock';

describe('what a page is asked to take pictures of', () => {
  let clock: FakeClock;
  let told: ToPage[];
  let requests: FrameRequests;

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    requests = new FrameRequests({ clock, postMessage: (message) => told.push(message) });
  });

  const wish = { url: 'https://file/a.mp4', seconds: null };
  const reasonOf = async (frame: Promise<unknown>) => {
    const error: unknown = await frame.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof FrameError);
    return error.reason;
  };

  it('comes back to who asked, whatever the order', async () => {
    const [first, second] = [requests.request(wish), requests.request({ ...wish, seconds: 2.5 })];
    assert.deepEqual(told, [
      { type: 'captureFrame', request: 1, ...wish },
      { type: 'captureFrame', request: 2, ...wish, seconds: 2.5 },
    ]);
    requests.resolve(2, Uint8Array.of(2));
    requests.resolve(1, Uint8Array.of(1));
    requests.resolve(7, Uint8Array.of(7));
    assert.deepEqual([await first, await second], [Uint8Array.of(1), Uint8Array.of(2)]);
    assert.equal(clock.timers, 0);
  });

  it('is asked again of a page that has only begun to listen, as far as it is open', async () => {
    const frame = requests.request(wish);
    requests.resend();
    assert.deepEqual(told, [told[0], told[0]]);
    requests.resolve(1, Uint8Array.of(1));
    await frame;
    requests.resend();
    assert.equal(told.length, 2);
  });

  it('is given up after a time, and what comes later is no matter', async () => {
    const frame = requests.request(wish);
    clock.moveTo(clock.now() + FRAME_TIMEOUT_MS - 1);
    assert.equal(clock.timers, 1);
    clock.moveTo(clock.now() + 1);
    assert.equal(await reasonOf(frame), 'late');
    requests.resolve(1, Uint8Array.of(1));
    requests.reject(1, 'too late');
  });

  it('ends with the page’s word that it can’t, or with the page', async () => {
    const refused = requests.request(wish);
    requests.reject(1, '4 no decoder');
    assert.equal(await reasonOf(refused), 'unplayable');
    const open = requests.request(wish);
    requests.dispose();
    assert.equal(await reasonOf(open), 'closed');
    assert.equal(await reasonOf(requests.request(wish)), 'closed');
    assert.equal(clock.timers, 0);
    assert.equal(told.length, 2, 'a closed page is asked nothing');
  });
});
