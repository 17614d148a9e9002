import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Task } from '../../../../src/core/task/task';
import { runWizardAndSend, type GenerateDependencies } from '../../../../src/editor/generate/generate';
import type { SendContext } from '../../../../src/editor/generate/submit/requestSender';

describe('the draft of a request that was sent', () => {
  /** Returns true if the draft is offered again. */
  async function isKept(ended: Partial<Task>): Promise<boolean> {
    const kept: { draft?: object | undefined } = { draft: { prompt: 'a boat' } };
    const parts: Partial<GenerateDependencies> = {
      l10n: untranslatedL10n,
      sender: {
        checkReady: () => Promise.resolve(),
        send: async (_request: unknown, _requester: unknown, _signal: unknown, context: SendContext) => {
          assert.ok(kept.draft, 'the draft is kept until a task has it');
          await context.onStored?.();
          assert.equal(kept.draft, undefined);
          return { id: 'one', ...ended };
        },
      } as never,
      notifications: { showFailure: () => undefined, status: () => undefined } as never,
      memory: {
        draft: () => kept.draft,
        forgetDraft: () => Promise.resolve((kept.draft = undefined)),
        keepDraft: (draft: object) => (kept.draft = draft),
      } as never,
      runGenerateWizard: () =>
        Promise.resolve({ request: {}, written: true, fitsWith: () => undefined } as never),
      reveal: () => undefined,
    };
    await runWizardAndSend(parts as GenerateDependencies, { at: 'prompt' });
    return kept.draft !== undefined;
  }

  const rejected = (charged: 'no' | 'unknown') =>
    isKept({ phase: 'rejected', failure: { kind: 'quota', message: '', summary: '', charged } });

  it('comes back if the gateway refused the request for free', async () => assert.ok(await rejected('no')));

  it('does not come back if the request may have been charged', async () =>
    assert.ok(!(await rejected('unknown'))));

  it('comes back if the request was stopped before the gateway took it', async () =>
    assert.ok(await isKept({ phase: 'stopped' })));

  it('does not come back if the gateway took the request', async () =>
    assert.ok(!(await isKept({ phase: 'queued' }))));
});
