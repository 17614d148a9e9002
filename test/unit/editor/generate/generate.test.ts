import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Task } from '../../../../src/core/task/task';
import { runWizardAndSend, type GenerateDependencies } from '../../../../src/editor/generate/generate';
import type { WizardState } from '../../../../src/editor/generate/wizard/wizardState';
import { fakeWizardState } from '../../../support/fakeWizard';

describe('the draft of a request that was sent', () => {
  /** Returns the prompt of the draft after sending. */
  async function promptAfter(
    ended: Partial<Task>,
    whileSending: (memory: WizardState) => void = () => undefined,
  ): Promise<string | undefined> {
    const memory = fakeWizardState();
    memory.keepDraft({ prompt: 'a boat', options: {} });
    const parts: Partial<GenerateDependencies> = {
      l10n: untranslatedL10n,
      sender: {
        checkReady: () => Promise.resolve(),
        send: () => {
          assert.equal(memory.draft(), undefined, 'another request must not start from the draft');
          whileSending(memory);
          return Promise.resolve({ id: 'one', ...ended });
        },
      } as never,
      notifications: { showFailure: () => undefined, status: () => undefined } as never,
      memory,
      runGenerateWizard: () =>
        Promise.resolve({ request: {}, written: true, fitsWith: () => undefined } as never),
      reveal: () => undefined,
    };
    await runWizardAndSend(parts as GenerateDependencies, { at: 'prompt' });
    return memory.draft()?.prompt;
  }

  const rejected = (charged: 'no' | 'unknown'): Partial<Task> => ({
    phase: 'rejected',
    failure: { kind: 'quota', message: '', summary: '', charged },
  });

  it('comes back if the gateway refused the request for free', async () =>
    assert.equal(await promptAfter(rejected('no')), 'a boat'));

  it('does not come back if the request may have been charged', async () =>
    assert.equal(await promptAfter(rejected('unknown')), undefined));

  it('comes back if the request was stopped before the gateway took it', async () =>
    assert.equal(await promptAfter({ phase: 'stopped' }), 'a boat'));

  it('does not come back if the gateway took the request', async () =>
    assert.equal(await promptAfter({ phase: 'queued' }), undefined));

  it('leaves a draft alone that was written meanwhile', async () => {
    const write = (memory: WizardState) => memory.keepDraft({ prompt: 'a kite', options: {} });
    assert.equal(await promptAfter({ phase: 'queued' }, write), 'a kite');
    assert.equal(await promptAfter(rejected('no'), write), 'a kite');
  });
});
