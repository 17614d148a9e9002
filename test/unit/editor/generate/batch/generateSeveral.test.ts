import { strict as assert } from 'node:assert';
import type { TextDocument } from 'vscode';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import type { VideoRequest } from '../../../../../src/core/models/request';
import type { Charged, Task } from '../../../../../src/core/task/task';
import { BatchSubmitter } from '../../../../../src/editor/generate/batch/batchSubmitter';
import {
  sendFromEditor,
  type PromptDependencies,
} from '../../../../../src/editor/generate/generateFromPrompt';
import type { ReadyRequest, Submit } from '../../../../../src/editor/generate/submit/requestSender';
import { Rejection } from '../../../../../src/editor/common/rejection';
import { runGenerateWizard } from '../../../../../src/editor/generate/wizard/wizard';
import type { WizardInput } from '../../../../../src/editor/generate/wizard/wizardTypes';
import type { MessageButton } from '../../../../../src/editor/common/notifications';
import { fakeWizardDependencies, fakeWizardState } from '../../../../support/fakeWizard';
import { FakeImagesAlong } from '../../../../support/fakeWizardImages';
import {
  FakeQuickInputs,
  enter,
  escape,
  send as pay,
  set,
  type FakePick,
} from '../../../../support/fakeQuickInputs';
import { RecordingNotifications } from '../../../../support/recordingNotifications';
import { catalog } from '../../../../support/catalog';

const ignore = () => undefined;
const done = () => Promise.resolve();

describe('a list of prompts while it is sent', () => {
  let text: string;
  let closed: string[];
  let sent: string[];
  let told: string[];
  let isUntitled: boolean;
  /** Choices for the list. */
  let input: WizardInput;
  let opened: (readonly [list: string, choices: WizardInput])[];
  /** Buttons of the last message. */
  let buttons: readonly MessageButton[];
  /** Determines the phase of a prompt's task. May act as the user while it's being sent. */
  let send: (prompt: string) => Task['phase'] | Promise<Task['phase']>;
  let charged: Charged;
  /** Number of edits that fail because the user is typing. */
  let refusedEdits: number;
  /** Number of edits that throw. */
  let failedEdits: number;

  beforeEach(() => {
    [closed, sent, told, isUntitled] = [[], [], [], true];
    [input, opened, buttons] = [{}, [], []];
    send = () => 'queued';
    charged = 'no';
    refusedEdits = failedEdits = 0;
  });

  const run = async (): Promise<void> => {
    const inputs = new FakeQuickInputs();
    inputs.plan(enter);
    await sendFromEditor(partsWith(inputs), []);
    assert.equal(inputs.left, 0);
  };

  const document = {
    getText: () => text,
    get isUntitled() {
      return isUntitled;
    },
  } as TextDocument;
  const listsBeingSent = new Set<TextDocument>();

  function partsWith(inputs: FakeQuickInputs): PromptDependencies {
    const memory = fakeWizardState();
    const submit: Submit = async ({ prepared: { request } }, _signal, beside) => {
      await beside?.onStored?.();
      sent.push(request.prompt);
      const phase = await send(request.prompt);
      const failure = phase === 'rejected' ? { kind: 'moderation', charged } : undefined;
      return { id: request.prompt, phase, request, ...(failure ? { failure } : {}) } as Task;
    };
    const sender = {
      checkReady: done,
      prepare: (request: VideoRequest) => Promise.resolve({ prepared: { request } } as ReadyRequest),
      admit: () => Promise.resolve(submit),
    };
    const lists = {
      open: (list: string, choices: WizardInput = {}) => {
        opened.push([list, choices]);
        return Promise.resolve();
      },
      find: () => document,
      inputOf: () => input,
      setInput: (_document: TextDocument, choices: WizardInput) => {
        input = choices;
      },
      // As the real one: only what is in front and has that text.
      close: (_document: TextDocument, expected: string) => {
        if (text === expected) closed.push(expected);
        return Promise.resolve();
      },
    };
    const parts: Partial<PromptDependencies> = {
      ...{
        catalog,
        inputs,
        lists,
        memory,
        listsBeingSent,
        l10n: untranslatedL10n,
        reveal: ignore,
        random: Math.random,
      },
      sender: sender as never,
      batch: new BatchSubmitter({
        sender: sender as never,
        notifications: new RecordingNotifications().notifications,
        catalog,
        l10n: untranslatedL10n,
      }),
      notifications: {
        show: (_severity: unknown, message: string, shown: readonly (MessageButton | undefined)[] = []) => {
          told.push(message);
          buttons = shown.filter((button) => button !== undefined);
        },
        command: ignore,
        action: ignore,
      } as never,
      log: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
      replaceText: (_document, before, after) => {
        if (failedEdits-- > 0) return Promise.reject(new Error('The editor refused the edit.'));
        if (refusedEdits-- > 0) return Promise.resolve(false);
        assert.equal(before, text);
        text = after;
        return Promise.resolve(true);
      },
      runInBackground: (work) => void work.catch(() => undefined),
      runGenerateWizard: async (start) =>
        runGenerateWizard(fakeWizardDependencies({ inputs, memory }), start),
    };
    return parts as PromptDependencies;
  }

  it('loses each prompt before it is sent, and is closed when it is empty', async () => {
    text = 'one\n---\ntwo\n---\nthree';
    const left: string[] = [];
    send = () => {
      left.push(text);
      return 'queued';
    };
    await run();
    assert.deepEqual(sent, ['one', 'two', 'three']);
    assert.deepEqual(left, ['two\n---\nthree', 'three', '']);
    assert.deepEqual([text, closed], ['', ['']]);
  });

  it('keeps what was not taken, and what somebody changed meanwhile', async () => {
    text = 'one\r\n---\r\ntwo\r\n---\r\nthree';
    send = (prompt) => {
      if (prompt === 'one') text = text.replace('three', 'three!');
      return prompt === 'two' ? 'rejected' : 'queued';
    };
    await run();
    assert.deepEqual(sent, ['one', 'two', 'three']);
    assert.deepEqual([text, closed], ['two\r\n---\r\nthree!', []]);
  });

  it('does not keep what may have been paid for', async () => {
    text = 'one\n---\ntwo\n---\nthree';
    send = (prompt) => {
      if (prompt === 'two') throw new Error('nobody knows');
      return 'queued';
    };
    await run();
    assert.deepEqual([text, closed], ['three', []]);
  });

  it('does not keep a prompt whose rejection may have been charged', async () => {
    text = 'one\n---\ntwo\n---\nthree';
    charged = 'unknown';
    send = (prompt) => (prompt === 'two' ? 'rejected' : 'queued');
    await run();
    assert.deepEqual([sent, text], [['one', 'two'], 'three']);
  });

  it('gets a prompt back that was not sent or not accepted, in its place', async () => {
    text = 'one\n---\ntwo\n---\nthree\n---\nfour';
    const left: string[] = [];
    send = (prompt) => {
      left.push(text);
      if (prompt === 'three') throw new Rejection('noKey', 'The key was removed.');
      return prompt === 'one' ? 'rejected' : 'queued';
    };
    await run();
    assert.deepEqual(left, ['two\n---\nthree\n---\nfour', 'one\n---\nthree\n---\nfour', 'one\n---\nfour']);
    assert.deepEqual([text, closed], ['one\n---\nthree\n---\nfour', []]);
  });

  it('loses a prompt also if it changes while that prompt is removed', async () => {
    text = 'one\n---\ntwo';
    refusedEdits = 2;
    await run();
    assert.deepEqual([text, sent], ['', ['one', 'two']]);
  });

  it('loses the next prompts also if one could not be removed', async () => {
    text = 'one\n---\ntwo\n---\nthree';
    failedEdits = 1;
    await run();
    assert.deepEqual([sent, text], [['one', 'two', 'three'], 'one']);
  });

  it('reports requests without an outcome as possibly charged, not as unsent', async () => {
    text = 'one\n---\ntwo';
    send = (prompt) => (prompt === 'one' ? 'queued' : 'unknown');
    await run();
    assert.deepEqual(told, ['1 of 2 requests accepted. You may have been charged for 1 more.']);
  });

  for (const [what, reason, expected] of [
    ['short', 'The disk is full. Free some space.', ' The disk is full. Free some space.'],
    ['long', `The disk is full. ${'Free some space. '.repeat(5)}`, ' The disk is full.'],
    ['too long', `${'very '.repeat(20)}long.`, ''],
  ] as const) {
    it(`reports that the others weren't charged, and as much of the reason as fits: ${what}`, async () => {
      text = 'one\n---\ntwo';
      send = (prompt) => {
        if (prompt === 'two') throw new Rejection('readOnly', reason);
        return 'queued';
      };
      await run();
      assert.deepEqual(told, [`1 of 2 requests accepted. You weren't charged for the others.${expected}`]);
    });
  }

  it('keeps the images for the prompts that were not accepted', async () => {
    text = 'one\n---\ntwo\n---\nthree\n---\nfour';
    const images = [{ role: 'first', source: 'file:///boat.png' }] as const;
    const inspected = new FakeImagesAlong();
    input = { request: { model: 'sora-2', images }, images: inspected };
    const before = input;
    send = (prompt) => {
      if (prompt === 'three') throw new Rejection('noKey', 'The key was removed.');
      return 'queued';
    };
    await run();
    assert.notEqual(input, before);
    assert.deepEqual(
      [text, input.request?.images, input.request?.prompt, input.images],
      ['three\n---\nfour', images, undefined, inspected],
    );
    const [show] = buttons;
    assert.ok(show && 'run' in show);
    show.run();
    assert.deepEqual(opened, [['three\n---\nfour', input]]);
  });

  it('is still being sent when one prompt is left of it', async () => {
    text = 'one\n---\ntwo';
    send = async (prompt): Promise<Task['phase']> => {
      if (prompt === 'two') await sendFromEditor(partsWith(new FakeQuickInputs()), []);
      return 'queued';
    };
    await run();
    assert.deepEqual(sent, ['one', 'two']);
    assert.deepEqual(told, ['These prompts are already being sent.', 'Generating 2 videos.']);
  });

  it('stays as it is where it is a file', async () => {
    [text, isUntitled] = ['one\n---\ntwo', false];
    await run();
    assert.equal(text, 'one\n---\ntwo');
  });

  it('says which prompts the model may not read to the end', async () => {
    text = ['c'.repeat(900), 'b'.repeat(800), 'd'.repeat(900)].join('\n---\n');
    const inputs = new FakeQuickInputs();
    inputs.plan(...set(['Model', 'Wan 2.5 Text to Video']), escape);
    await sendFromEditor(partsWith(inputs), []);
    assert.equal(inputs.left, 0);
    const warning = '$(warning) Longer than 800 characters. This model might ignore the rest.';
    assert.deepEqual(
      (inputs.shown.at(-1) as FakePick).items.slice(-3).map(({ detail }) => detail?.startsWith(warning)),
      [true, false, true],
    );
    assert.deepEqual(sent, []);
  });

  it('sends none while one of them has an error, and names it', async () => {
    text = 'a kite\n---\na boat --rs 480p\n---\na lamp';
    const inputs = new FakeQuickInputs();
    inputs.plan(...set(['Model', 'Seedance 1.0 Pro']), (input) => {
      pay(input);
      assert.equal(input.disposed, false);
      escape(input);
    });
    await sendFromEditor(partsWith(inputs), []);
    const { items } = inputs.shown.at(-1) as FakePick;
    assert.equal(items[0]?.detail, '$(error) 1 of 3 requests have errors.');
    assert.deepEqual(
      items.slice(-3).map(({ label, detail }) => [label, detail?.slice(0, 28)]),
      [
        ['1. a kite', undefined],
        ['2. a boat --rs 480p', "$(error) Remove '--rs' from "],
        ['3. a lamp', undefined],
      ],
    );
    assert.deepEqual(sent, []);
  });
});
