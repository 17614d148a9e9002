import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { faultNames, faultTable } from '../../gateway/faults/faultTable';
import type { FaultName, FaultOptions, FaultRoute } from '../../gateway/pretendGateway';
import { GatewayError } from '../../../src/core/gateway/errors';
import { sora } from '../../../src/core/models/families/sora';
import { isFinal, type Phase } from '../../../src/core/task/phases';
import type { Charged, Task } from '../../../src/core/task/task';
import { World } from '../support/world';

interface Expected {
  /** Expected phase. If it isn't final, the task must still be in it hours later. */
  readonly phase: Phase;
  readonly charged?: Charged;
  readonly args?: Record<string, unknown>;
  readonly times?: number | 'always';
  /** Number of submits at the gateway. Default: 1. */
  readonly submits?: number;
}

const saved: Expected = { phase: 'saved' };
const withArgs = (args: Record<string, unknown>): Expected => ({ ...saved, args });
const refused: Expected = { phase: 'rejected', charged: 'no' };
const unclear: Expected = { phase: 'unknown', charged: 'unknown' };
const gone: Expected = { phase: 'lost', times: 'always' };
/** A refused link is retried for a day. */
const refusedLink: Expected = { phase: 'ready', times: 'always', charged: 'yes' };

/** DESIGN 5: expected result by fault and route. Each fault occurs three times, in a submit once. */
const expected: Readonly<Record<FaultName, Partial<Record<FaultRoute, Expected>>>> = {
  cutBeforeReading: { submit: unclear, query: saved, download: saved, result: saved },
  replyLostAfterAcceptance: { submit: unclear, query: saved, download: saved },
  cutBeforeBody: { submit: unclear, query: saved, download: saved, result: saved },
  cutDuringBody: { submit: saved, query: saved, download: saved, result: saved },
  cutAfterBytes: {
    submit: { ...unclear, args: { bytes: 30 } },
    query: withArgs({ bytes: 40 }),
    download: withArgs({ bytes: 4000 }),
    result: withArgs({ bytes: 4000 }),
  },
  hang: {
    submit: { ...unclear, args: { accepted: true } },
    query: saved,
    download: { ...saved, times: 1 },
    result: { ...saved, times: 1 },
  },
  slow: {
    submit: withArgs({ ms: 10 }),
    query: withArgs({ ms: 10 }),
    download: withArgs({ ms: 10 }),
    result: withArgs({ ms: 10 }),
  },
  gzip: {
    // The decompressed part contains the ID.
    submit: withArgs({ missing: 5 }),
    query: withArgs({ as: 'deflate', missing: 5 }),
    download: withArgs({ as: 'br', missing: 5 }),
    result: withArgs({ missing: 5 }),
  },
  rateLimit: { submit: { ...saved, submits: 2 }, query: saved, download: saved, result: saved },
  serverError: { submit: unclear, query: saved, download: saved, result: saved },
  clientError: { submit: refused, query: saved, download: saved },
  okWithError: { submit: unclear, query: saved, download: saved },
  vendorRefused: { submit: refused },
  modelGone: { submit: refused },
  keyRejected: { submit: refused, query: saved, download: saved },
  modelForbidden: { submit: refused, query: saved, download: saved },
  balanceTooLow: { submit: refused },
  inFlightBudget: { submit: { ...saved, submits: 2 } },
  echoKey: { submit: refused, query: saved, download: saved },
  invalidUrl: { submit: refused, query: saved, download: saved },
  htmlPage: { submit: unclear, query: saved, download: saved, result: saved },
  emptyBody: { submit: unclear, query: saved, download: saved, result: saved },
  malformed: { submit: unclear, query: saved, download: saved },
  redirect: {
    submit: refused,
    query: withArgs({ to: 'other' }),
    download: withArgs({ to: 'other' }),
    result: { ...refusedLink, args: { to: 'loop' } },
  },
  taskFailed: { submit: { phase: 'failed', charged: 'no' }, query: { phase: 'failed', charged: 'no' } },
  taskStuck: { submit: { phase: 'running' }, query: { phase: 'running' } },
  taskLost: { query: { ...gone, charged: 'unknown' }, download: { ...gone, charged: 'yes' } },
  taskNotStored: { submit: { ...gone, times: 1, charged: 'unknown' } },
  taskNotFound: { query: saved },
  statusWord: { submit: withArgs({ word: 'FAILED' }), query: withArgs({ word: 'transmogrifying' }) },
  progressIs: { query: withArgs({ progress: 1e300 }) },
  urlIs: { query: withArgs({ url: [null, '', 5] }) },
  linkAt: { query: withArgs({ place: 'data.url' }) },
  mediaFiltered: { query: { phase: 'failed', charged: 'unknown', times: 'always' } },
  extraFields: {
    submit: withArgs({ fields: { code: 'odd', message: 'no', error: { message: 'no' } } }),
    query: withArgs({ fields: { code: 'odd', message: 'no', error: { message: 'no' } } }),
  },
  wrongSize: { download: saved },
  truncatedBase64: { download: saved },
  successFalse: { download: saved },
  noDataUrl: { download: saved },
  onlyDataUrl: { download: saved },
  escapedBase64: { download: saved },
  trailingComma: { download: saved },
  deadLink: { result: refusedLink },
  notAnMp4: { result: saved, download: saved },
};

const prompt = 'a paper boat in the rain';
const byDownload = { model: 'sora-2', prompt, seconds: '4', size: '1280x720' };
/** No download call is available as a fallback. */
const byLink = { model: 'wan2.5-t2v-preview', prompt, size: '832*480', duration: 5 };

/** Differences if a fault occurs in the query for fresh links of a task that has succeeded. */
const whenReady: Partial<Record<FaultName, Expected>> = {
  // The known link may work again, whatever the gateway says about the task.
  taskStuck: saved,
  taskLost: { ...gone, charged: 'yes' },
  // It had succeeded, so a failure doesn't prove that it's free.
  taskFailed: { phase: 'failed', charged: 'unknown' },
  // After the dead link, three such responses count. A single one doesn't.
  taskNotFound: { ...saved, times: 1 },
  urlIs: { ...withArgs({ url: [null, '', 5] }), times: 1 },
};

/** Phase of the task in which a fault occurs. */
const STRUCK: Readonly<Record<FaultRoute, readonly Phase[]>> = {
  submit: ['sending'],
  // While a link is dead, the gateway is queried for a fresh one.
  query: ['queued', 'running', 'ready'],
  download: ['saving'],
  result: ['saving'],
  models: [],
  // A route of new-api.
  content: [],
};

describe('every fault on every route, in every phase', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create({ render: { unknownMs: 0, queuedMs: 3000, runningMs: 12_000 } });
  });
  afterEach(async () => {
    await world.stop();
  });

  it('is in the table', () => {
    for (const name of faultNames) {
      const routes = faultTable[name].routes.filter((route) => route !== 'models' && route !== 'content');
      assert.deepEqual(Object.keys(expected[name]).sort(), [...routes].sort(), name);
    }
  });

  /** Advances the clock until the condition holds. Fails after a timeout in real ms. */
  async function until(condition: () => boolean, hours: number, patienceMs = 100): Promise<boolean> {
    const limit = world.clock.now() + hours * 3600_000;
    while (!condition() && world.clock.now() < limit) {
      const patience = performance.now() + patienceMs;
      await world.quiet(() => condition() || performance.now() > patience);
      const next = world.clock.nextTimer;
      if (next === undefined) break;
      if (!condition()) world.clock.moveTo(next);
    }
    return condition();
  }

  for (const name of faultNames) {
    for (const [route, row] of Object.entries(expected[name]) as [FaultRoute, Expected][]) {
      for (const struck of STRUCK[route]) {
        const wanted = (struck === 'ready' ? whenReady[name] : undefined) ?? row;
        it(`ends as ${wanted.phase}: ${name} on ${route}, ${struck}`, async () => {
          const isByLink = route === 'result' || struck === 'ready' || name === 'mediaFiltered';
          const body = isByLink ? byLink : byDownload;
          const fault: FaultOptions = {
            ...{ name, route, times: wanted.times ?? (route === 'submit' ? 1 : 3) },
            ...(wanted.args === undefined ? {} : { args: wanted.args }),
          };
          if (struck === 'ready') world.gateway.setFault({ name: 'deadLink', route: 'result' });
          else if (struck !== 'running') world.gateway.setFault(fault);
          const engine = await world.open();
          const request = {
            request: { model: body.model, prompt },
            family: sora,
            body: JSON.stringify(body),
          };
          let task: Task | undefined;
          const sent = engine.submit(request, world.access).then((done) => (task = done));
          await until(() => task !== undefined, 1);
          const { id } = await sent;
          if (struck === 'running' || struck === 'ready') {
            const isThere = ({ phase, failure }: Task) =>
              phase === struck && (struck === 'running' || failure !== undefined);
            await until(() => isThere(engine.task(id)!), 1);
            world.gateway.setFault(fault);
          }
          const ended = await until(
            () => isFinal(engine.task(id)?.phase ?? 'draft'),
            isFinal(wanted.phase) ? 6 : 0.2,
            name === 'hang' ? 10 : 100,
          );

          const { phase, failure } = engine.task(id)!;
          assert.equal(phase, wanted.phase, failure?.message);
          assert.equal(ended, isFinal(wanted.phase));
          if (wanted.charged !== undefined) assert.equal(failure?.charged, wanted.charged);
          if (phase === 'saved') assert.equal(failure, undefined);
          assert.equal(world.requests('submit'), wanted.submits ?? 1);
          assert.ok(
            world.gateway.log.some((record) => record.fault?.includes(name)),
            'it has struck',
          );
          // No incomplete file, and no key in any message.
          const library = path.join(world.folder, 'library');
          const files = readdirSync(library, { recursive: true, encoding: 'utf8' });
          assert.equal(
            files.some((file) => file.endsWith('.part')),
            false,
          );
          assert.equal(files.filter((file) => file.endsWith('.mp4')).length, phase === 'saved' ? 1 : 0);
          const said = JSON.stringify([engine.tasks(), world.lines]);
          assert.ok(!said.includes(world.gateway.key.slice(3)));
          assert.deepEqual(
            world.lines.filter((line) => line.startsWith('error')),
            [],
          );
        });
      }
    }
  }

  const good: readonly FaultName[] = ['slow', 'gzip', 'redirect', 'extraFields'];
  for (const name of faultNames.filter((fault) => faultTable[fault].routes.includes('models'))) {
    it(`returns ${good.includes(name) ? 'the list' : 'a clear error'} for ${name} on models`, async () => {
      const engine = await world.open();
      const args = { slow: { ms: 10 }, cutAfterBytes: { bytes: 10 }, extraFields: { fields: { x: 1 } } };
      world.gateway.setFault({ name, route: 'models', args: { ...args[name as keyof typeof args] } });
      let outcome: unknown;
      void engine.client.models(world.access).then(
        (list) => (outcome = list),
        (error: unknown) => (outcome = error),
      );
      await until(() => outcome !== undefined, 1);
      if (good.includes(name)) assert.ok(Array.isArray(outcome) && outcome.includes('sora-2'));
      else assert.ok(outcome instanceof GatewayError, String(outcome));
      assert.ok(!String(outcome).includes(world.gateway.key.slice(3)));
    });
  }
});
