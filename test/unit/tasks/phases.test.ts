import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import type { Log } from '../../../src/core/common/log';
import { TaskStore } from '../../../src/core/store/store';
import { PHASES, canTransition, isFinal, type Phase } from '../../../src/core/task/phases';
import { FakeClock } from '../support/fakeClock';

const nothing = (): void => undefined;
const SILENT: Log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Phases of requests that the gateway has received. */
const AFTER_ACCEPTANCE: ReadonlySet<Phase> = new Set([
  'queued',
  'running',
  'ready',
  'saving',
  'saved',
  'failed',
  'lost',
]);

/** Returns all phases that can be reached from a phase. Includes itself only if there is a way back. */
function reachable(from: Phase, without: readonly Phase[] = []): Set<Phase> {
  const seen = new Set<Phase>();
  const walk = (phase: Phase): void => {
    for (const next of PHASES) {
      if (!canTransition(phase, next) || seen.has(next) || without.includes(next)) continue;
      seen.add(next);
      walk(next);
    }
  };
  walk(from);
  return seen;
}

describe('phases', () => {
  it('are all reachable from the first, and reach a final one', () => {
    const fromDraft = reachable('draft');
    for (const phase of PHASES) {
      assert.ok(fromDraft.has(phase), phase);
      assert.ok(isFinal(phase) || [...reachable(phase)].some(isFinal), phase);
    }
  });

  it("don't allow a transition to themselves", () => {
    for (const phase of PHASES) assert.equal(canTransition(phase, phase), false, phase);
  });

  it('never become unknown, accepted or charged without being sent', () => {
    // A stopped or rejected task is checked again only with a task ID (see ends.test.ts).
    const unsent = reachable('draft', ['sending', 'stopped', 'rejected']);
    assert.deepEqual([...unsent], []);
    assert.equal(canTransition('rejected', 'unknown'), false);
    assert.equal(canTransition('stopped', 'unknown'), false);
    // Unknown is reached again only with an unconfirmed ID (see ends.test.ts).
    assert.deepEqual(
      PHASES.filter((phase) => canTransition(phase, 'unknown')),
      ['sending', 'queued'],
    );
  });

  it('never send a request again that the gateway has, or whose outcome is unknown', () => {
    for (const phase of PHASES) {
      if (phase !== 'unknown' && !AFTER_ACCEPTANCE.has(phase) && phase !== 'stopped') continue;
      const onward = reachable(phase);
      assert.equal(onward.has('draft') || onward.has('sending'), false, phase);
    }
  });

  it('leave saved only by Check Again', () => {
    assert.deepEqual(
      PHASES.filter((phase) => canTransition('saved', phase)),
      ['queued'],
    );
    assert.deepEqual(
      PHASES.filter((phase) => canTransition(phase, 'saved')),
      // Recovery finds videos in the library, also those of a task that has ended.
      ['queued', 'running', 'ready', 'saving', 'failed', 'lost', 'stopped', 'unknown'],
    );
  });

  it('property: the store accepts only legal transitions, and rejected ones leave no trace', async function () {
    this.timeout(120_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'nebula-phases-'));
    const location = {
      folder: path.join(folder, 'store'),
      legacy: path.join(folder, 'tasks.db'),
      libraryFolder: folder,
    };
    const store = new TaskStore(location, new FakeClock(), SILENT);
    await store.ready();
    const attempts = fc.array(fc.constantFrom(...PHASES), { maxLength: 30 });
    try {
      await fc.assert(
        fc.asyncProperty(attempts, async (moves) => {
          const id = randomUUID();
          const draft = { id, baseUrl: 'https://gateway.example', keyId: 'k', bodySha256: 'b', nextDue: 1 };
          const record = await store.insert(
            { ...draft, request: { model: 'sora-2', prompt: 'x' } },
            () => undefined,
          );
          const went: Phase[] = [record.phase];
          for (const to of moves) {
            const before = await store.readRecord(id);
            const [from] = went.slice(-1) as [Phase];
            const done = await store.update(id, () => ({ phase: to })).catch(() => undefined);
            if (from === to || canTransition(from, to)) assert.equal(done?.phase, to);
            else assert.deepEqual(await store.readRecord(id), before);
            if (from !== to && canTransition(from, to)) went.push(to);
          }
          const { timeline = [] } = (await store.readTask(id)) ?? {};
          // Retried downloads are counted.
          assert.deepEqual(
            timeline.flatMap(({ phase, count = 1 }) => Array<Phase>(count).fill(phase)).sort(),
            went.toSorted(),
          );
          assert.equal(timeline.at(-1)?.phase, went.at(-1));
          if (isFinal(went.at(-1) ?? 'draft')) assert.equal((await store.readRecord(id))?.nextDue, undefined);
          for (const [index, phase] of went.entries())
            if (phase === 'sending') assert.equal(went[index - 1], 'draft');
        }),
        { numRuns: 40 },
      );
    } finally {
      store.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
