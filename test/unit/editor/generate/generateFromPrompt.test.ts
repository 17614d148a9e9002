import { strict as assert } from 'node:assert';
import type { TextDocument } from 'vscode';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Charged, Task } from '../../../../src/core/task/task';
import { Rejection } from '../../../../src/editor/common/rejection';
import { sendPrompt } from '../../../../src/editor/generate/generateFromPrompt';
import { fakeWizardState } from '../../../support/fakeWizard';
import { FakeImagesAlong } from '../../../support/fakeWizardImages';
import type { SendContext } from '../../../../src/editor/generate/submit/requestSender';

type Dependencies = Parameters<typeof sendPrompt>[0];

const ignore = () => undefined;
const done = () => Promise.resolve();
const PROMPT = ' a kite\r\n';
const BEGUN = { request: { model: 'sora-2' } };
/** Chosen in the wizard. */
const CHOSEN = [{ role: 'first', source: 'file:///boat.png' }];
const INSPECTED = new FakeImagesAlong();

describe('the editor of a prompt while it is sent', () => {
  /** Text of the open editor; undefined if it's closed. */
  let text: string | undefined;
  let reopenedWith: unknown;
  let isOpenWhenSent: boolean | undefined;
  /** The user may write another prompt in the wizard. */
  let sentPrompt: string;

  beforeEach(() => {
    [text, reopenedWith, isOpenWhenSent, sentPrompt] = [PROMPT, undefined, undefined, PROMPT];
  });

  const document = { getText: () => text ?? '' } as TextDocument;
  const prompts: Dependencies['prompts'] = {
    find: () => document,
    inputOf: () => BEGUN,
    open: (prompt, begun) => {
      [text, reopenedWith] = [prompt, begun];
      return Promise.resolve();
    },
    close: (_document, expected) => {
      if (text === expected) text = undefined;
      return Promise.resolve();
    },
  };

  /** @param finish returns the outcome, or throws, after the request was stored */
  async function run(finish: () => Partial<Task>, isStored = true): Promise<unknown> {
    const deps: Partial<Dependencies> = {
      ...{ prompts, l10n: untranslatedL10n, reveal: ignore, runInBackground: ignore },
      notifications: { showFailure: ignore, status: ignore } as never,
      memory: fakeWizardState(),
      runGenerateWizard: ({ request }) =>
        Promise.resolve({
          request: { ...request, images: CHOSEN, prompt: sentPrompt },
          images: INSPECTED,
          written: true,
          fitsWith: () => undefined,
        } as never),
      sender: {
        checkReady: done,
        send: async (request: { prompt: string }, _by: unknown, _signal: unknown, context: SendContext) => {
          assert.equal(request.prompt, sentPrompt);
          if (isStored) await context.onStored?.();
          isOpenWhenSent = text !== undefined;
          return { id: 'one', ...finish() };
        },
      } as never,
    };
    return sendPrompt(deps as Dependencies, []).catch((error: unknown) => error);
  }

  const rejected = (charged: Charged) => (): Partial<Task> => ({
    phase: 'rejected',
    failure: { kind: 'quota', message: '', summary: '', charged },
  });
  const rejection = () => {
    throw new Rejection('noKey', 'The key was removed.');
  };

  it('closes once a task has its text, before anything is sent', async () => {
    await run(() => ({ phase: 'queued' }));
    assert.deepEqual([isOpenWhenSent, text], [false, undefined]);
  });

  for (const [what, finish] of [
    ['was rejected for free', rejected('no')],
    ['was canceled', () => ({ phase: 'stopped' as const })],
    ['left no task', rejection],
  ] as const) {
    it(`opens again with its text and choices if the request ${what}`, async () => {
      await run(finish);
      const input = { request: { ...BEGUN.request, images: CHOSEN }, images: INSPECTED };
      assert.deepEqual([text, reopenedWith], [PROMPT, input]);
    });
  }

  for (const [what, finish] of [
    ['was rejected and may have been charged', rejected('unknown')],
    ['has an unknown outcome', () => ({ phase: 'unknown' as const })],
    [
      'may have been sent',
      () => {
        throw new Error('The outcome could not be stored.');
      },
    ],
  ] as const) {
    it(`stays closed if the request ${what}`, async () => {
      await run(finish);
      assert.equal(text, undefined);
    });
  }

  it('stays open with its text if another prompt was sent', async () => {
    sentPrompt = 'another one';
    await run(() => ({ phase: 'queued' }));
    assert.deepEqual([isOpenWhenSent, text, reopenedWith], [true, PROMPT, undefined]);
  });

  it('stays open if nothing was stored', async () => {
    assert.ok((await run(rejection, false)) instanceof Rejection);
    assert.deepEqual([text, reopenedWith], [PROMPT, undefined]);
  });
});
