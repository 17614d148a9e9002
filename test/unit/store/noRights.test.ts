import assert from 'node:assert/strict';
import * as path from 'node:path';
import { Engine } from '../../../src/core/engine';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { ReadOnlyStoreError, type StoreState } from '../../../src/core/store/storeState';
import { StoreFaults, sqliteError, systemError, type StoreCall } from '../support/storeFaults';
import { World } from '../support/world';

const READ_ONLY = 8;
const CANT_OPEN = 14;

const isDatabase = (about: string | undefined) => /tasks-\d\.db$/.test(about ?? '');
const isStore = (about: string) => path.basename(about) === STORAGE_NAMES.store;
const writes = ({ name }: StoreCall) => name === 'exec' || name === 'run';

/** Simulates the system's refusals, because tests may run as root, whom file rights don't restrict. */
const refusals: Readonly<Record<string, { kind: StoreState['kind']; refuse: (call: StoreCall) => void }>> = {
  'a folder that may not be listed': {
    kind: 'failed',
    refuse: (call) => {
      if (call.name === 'readdirSync' && isStore(call.about)) throw systemError('EACCES', call);
      if (writes(call)) throw sqliteError(CANT_OPEN, 'unable to open database file');
    },
  },
  'a folder that may not be written': {
    kind: 'readOnly',
    refuse: (call) => {
      if (call.name === 'accessSync' && isStore(call.about)) throw systemError('EACCES', call);
      if (writes(call)) throw sqliteError(CANT_OPEN, 'unable to open database file');
    },
  },
  'a database that may not be written': {
    kind: 'readOnly',
    refuse: (call) => {
      if (call.name === 'accessSync' && isDatabase(call.about)) throw systemError('EACCES', call);
      if (writes(call)) throw sqliteError(READ_ONLY, 'attempt to write a readonly database');
    },
  },
  'a file system that is read-only': {
    kind: 'readOnly',
    refuse: (call) => {
      if (call.name === 'readdirSync' || call.name === 'open') return;
      if (writes(call)) throw sqliteError(READ_ONLY, 'attempt to write a readonly database');
      throw systemError('EROFS', call);
    },
  },
  'a lock that may not be opened': {
    kind: 'readOnly',
    refuse: ({ name, about, database }) => {
      const isLock = name === 'open' ? about.endsWith('lock.db') : database?.endsWith('lock.db') === true;
      if (isLock || name === 'exec') throw sqliteError(CANT_OPEN, 'unable to open database file');
    },
  },
  'rights that show only in a write': {
    kind: 'readOnly',
    refuse: (call) => {
      if (writes(call)) throw sqliteError(READ_ONLY, 'attempt to write a readonly database');
    },
  },
};

describe('missing rights', function () {
  this.timeout(60_000);
  let world: World;
  let faults: StoreFaults;

  beforeEach(async () => {
    world = await World.create();
    faults = new StoreFaults();
  });
  afterEach(async () => {
    faults.dispose();
    await world.stop();
  });

  for (const [name, { kind, refuse }] of Object.entries(refusals)) {
    for (const isOpen of [false, true]) {
      const when = isOpen ? 'while a window is open' : 'when a window opens';
      it(`reports ${name}, ${when}, sends nothing, and continues when the rights are back`, async () => {
        world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
        const first = await world.open();
        const { id } = await world.submit(first);
        await first.close();
        const engine = new Engine(world.options);
        engine.start();
        if (isOpen) {
          engine.open();
          await engine.ready();
        }
        faults.onCall = refuse;
        const states: StoreState[] = [];
        engine.onDidChangeState((state) => states.push(state));
        if (!isOpen) engine.open();
        await assert.rejects(world.submit(engine), ReadOnlyStoreError);
        const { state } = engine;
        assert.equal(state.kind, kind);
        if (state.kind === 'readOnly') assert.equal(state.reason, 'noRights');
        if (state.kind === 'failed') assert.match(state.detail, /EACCES/);
        // Readable tasks are shown.
        assert.equal(engine.task(id)?.phase, isOpen || kind === 'readOnly' ? 'queued' : undefined);
        states.length = 0;
        const lines = world.lines.length;
        const hour = world.clock.now() + 3600_000;
        await world.until(() => world.clock.now() >= hour, 2 * 3600_000);
        assert.ok(
          states.every((one) => one.kind === kind),
          JSON.stringify(states.slice(0, 5)),
        );
        assert.ok(states.length > 30 && states.length < 120, `checked ${states.length} times in an hour`);
        assert.ok(world.lines.length - lines < 20, world.lines.slice(lines, lines + 20).join('\n'));
        assert.equal(world.requests('submit'), 1);
        faults.onCall = () => undefined;
        const since = world.clock.now();
        await world.until(() => engine.state.kind === 'open');
        assert.ok(world.clock.now() - since <= 60_000);
        assert.equal((await world.submit(engine, { prompt: 'again' })).phase, 'queued');
        assert.equal(engine.tasks().length, 2);
        assert.equal(world.requests('submit'), 2);
        await engine.close();
      });
    }
  }
});
