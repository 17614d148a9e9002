import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame } from 'playwright-core';

/** Waits until the player has played for this many seconds, and checks that its frames change. */
export async function playFor(player: Frame, seconds: number): Promise<void> {
  const video = player.locator('video');
  const time = () => player.evaluate<number>('document.querySelector("video").currentTime');
  const goOn = async (until: number) => {
    // The page's own rules forbid what a test would rather wait with: evaluating text within it.
    const deadline = Date.now() + 20_000;
    while ((await time()) <= until && Date.now() < deadline) await player.page().waitForTimeout(50);
    assert.ok((await time()) > until, `the video stands still at ${await time()} s`);
  };
  await goOn((await time()) + seconds / 2);
  const early = await video.screenshot();
  await goOn((await time()) + seconds / 2);
  assert.ok(!early.equals(await video.screenshot()), 'the pictures differ');
}

/** Waits for something that happens outside of the window: in the gateway, among processes or files. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`In ${limitMs / 1000} s it did not come to this: ${what}.`);
    await delay(50);
  }
}
