import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Engine } from '../../../src/core/engine';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import type { Phase } from '../../../src/core/task/phases';
import { World, looked } from '../support/world';

/** Replacement of the folder while it's missing. */
const placeholders: Readonly<Record<string, (folder: string) => void>> = {
  nothing: () => undefined,
  'an empty folder': (folder) => mkdirSync(folder),
  'a file': (folder) => writeFileSync(folder, 'not a folder'),
};

/** How the folder comes back. */
const returns: Readonly<Record<string, (from: string, to: string) => void>> = {
  itself: (from, to) => renameSync(from, to),
  'a copy': (from, to) => {
    cpSync(from, to, { recursive: true });
    rmSync(from, { recursive: true });
  },
};

describe('a folder that disappears and comes back', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const store = () => path.join(world.folder, STORAGE_NAMES.store);
  const away = () => `${world.folder}.away`;

  /** Moves the store's folder, or all of the extension's storage, away and puts something in its place. */
  function take(folder: string, place: string): void {
    renameSync(folder, away());
    placeholders[place]?.(folder);
  }

  function bringBack(folder: string, as: string): void {
    rmSync(folder, { recursive: true, force: true });
    returns[as]?.(away(), folder);
  }

  const during = (engine: Engine, id: string, phase: Phase) => world.untilPhase(engine, id, phase);

  for (const place of Object.keys(placeholders)) {
    for (const as of Object.keys(returns)) {
      if (as === 'a copy' && place !== 'nothing') continue;
      for (const phase of ['queued', 'saving', 'saved'] as const) {
        const how = `${place} in its place, comes back as ${as}`;
        it(`reports it and loses nothing with a task that is ${phase}: ${how}`, async () => {
          const engine = await world.open();
          const other = await world.open();
          if (phase === 'saving')
            world.gateway.setFault({ name: 'slow', route: 'download', args: { ms: 100 } });
          const { id } = await world.submit(engine);
          if (phase !== 'queued') await during(engine, id, phase);
          take(store(), place);
          // Triggered by the folder watcher or the next write.
          for (const window of [engine, other]) window.checkForChanges();
          assert.ok(engine.state.kind === 'failed' && engine.state.detail.length > 10, engine.state.kind);
          assert.equal(engine.task(id)?.phase, phase, 'what is known is shown');
          await assert.rejects(world.submit(engine, { prompt: 'meanwhile' }), ReadOnlyStoreError);
          const until = world.clock.now() + 10 * 60_000;
          await world.until(() => world.clock.now() >= until);
          assert.equal(engine.state.kind, 'failed');
          bringBack(store(), as);
          const since = world.clock.now();
          await world.until(() => [engine, other].every(({ state }) => state.kind === 'open'));
          assert.ok(world.clock.now() - since <= 60_000);
          assert.equal((await world.untilPhase(other, id)).phase, 'saved');
          assert.equal(looked(engine).task(id)?.phase, 'saved');
          assert.equal(world.requests('submit'), 1);
          const next = await world.submit(engine, { prompt: 'afterwards' });
          assert.equal(looked(other).task(next.id)?.phase, 'queued');
          assert.equal(engine.tasks().length, 2);
        });
      }
    }
  }

  it('downloads a video when the folder is back, if all storage disappears during the download', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'download', args: { ms: 100 } });
    const { id } = await world.submit(engine);
    await during(engine, id, 'saving');
    take(world.folder, 'nothing');
    engine.checkForChanges();
    const until = world.clock.now() + 60_000;
    await world.until(() => world.clock.now() >= until);
    assert.equal(engine.state.kind, 'failed');
    bringBack(world.folder, 'itself');
    await world.until(() => engine.state.kind === 'open');
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'saved');
    assert.ok(existsSync(new URL(task.videos[0]!.uri)));
    assert.equal(world.requests('submit'), 1);
  });

  it('keeps the ID when the folder is back, if an empty folder takes its place while a window sends', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    let isOver = false;
    const sent = world
      .submit(engine)
      .catch(() => undefined)
      .finally(() => (isOver = true));
    const sending = () => engine.tasks().find((task) => task.phase === 'sending');
    await world.turns(() => sending() !== undefined);
    const { id } = sending()!;
    take(store(), 'an empty folder');
    // Longer than the timeout for storing the response.
    await world.until(() => isOver);
    await sent;
    const until = world.clock.now() + 5 * 60_000;
    await world.until(() => world.clock.now() >= until);
    bringBack(store(), 'itself');
    await world.until(() => engine.state.kind === 'open');
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'saved');
    assert.equal(world.requests('submit'), 1);
  });
});
