import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { PROMPT_LANGUAGE, PROMPT_LIST_LANGUAGE } from '../../src/editor/generate/promptEditor/promptEditors';
import type { FaultOptions, PretendGateway } from '../gateway/pretendGateway';
import {
  choose,
  enter,
  escape,
  press,
  send as pay,
  set,
  tick,
  write,
  type FakePick,
} from '../support/fakeQuickInputs';
import { closeEditors, newDocument, select } from './support/editors';
import { setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('several videos at once', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  let earlier = 0;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit').slice(earlier);
  const prompts = () => submits().map(({ body }) => (body as { prompt: string }).prompt);

  before(async () => {
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(gateway.key);
    await setSetting('baseUrl', gateway.baseUrl);
    own = new TestApp();
    earlier = gateway.log.filter(({ kind }) => kind === 'submit').length;
  });

  afterEach(async () => {
    own.dispose();
    gateway.clearFaults();
    await closeEditors();
  });

  after(() => leaveGateway(gateway));

  const run = (id: string, ...args: unknown[]) => own.app.commands.run(`nebulaVideo.${id}`, args);
  const front = () => vscode.window.activeTextEditor?.document;
  const summary = () => own.inputs.shown.at(-1) as FakePick;
  const fault = (options: Partial<FaultOptions> & Pick<FaultOptions, 'name'>) =>
    gateway.setFault({ route: 'submit', ...options });

  /** Opens a list of prompts, as Generate Several Videos does. */
  async function list(...texts: string[]): Promise<vscode.TextDocument> {
    const document = await newDocument({ language: PROMPT_LIST_LANGUAGE, content: texts.join('\n---\n') });
    await vscode.window.showTextDocument(document);
    return document;
  }

  /** Sends the list. */
  async function send(): Promise<void> {
    own.inputs.plan(enter);
    await run('sendPrompt');
    assert.equal(own.inputs.left, 0);
  }

  describe('of several prompts', () => {
    it('begins with an empty list, which says how it works', async () => {
      own.dialogs.willAnswer('prompts');
      await run('generateSeveral');
      assert.equal(front()?.languageId, PROMPT_LIST_LANGUAGE);
      assert.equal(front()?.getText(), '');
      await closeEditors();
      const document = await list('a', ' ', 'c');
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
      );
      // The installed extension may be active as well, with the same titles.
      const titles = new Set(lenses.map(({ command }) => command?.title));
      assert.deepEqual(
        [...titles].sort(),
        [
          '$(send) Generate from 3 Prompts…',
          'Separate prompts with ---',
          ...['1 · 1 characters', 'Enter a prompt.', '3 · 1 characters'],
        ].sort(),
      );
    });

    it('sends each once, in order and one after another, byte for byte', async () => {
      const texts = ['  a kite 🪁\n\nover the sea  ', '\ta boat', 'a --- lamp\n'];
      await list(...texts);
      own.inputs.plan(...set(['Length', '12 s'], ['Size', '1280×720 (landscape)']), pay);
      const steps: (string | undefined)[] = [];
      let underWay = 0;
      own.notifications.onStep = (now) => {
        // Each begins when the one before it has its outcome.
        assert.equal(submits().length, steps.length);
        assert.ok(own.app.api.tasks().every(({ phase }) => phase !== 'draft' && phase !== 'sending'));
        underWay = steps.push(now);
      };
      await run('sendPrompt');
      assert.equal(underWay, 3);
      assert.deepEqual(steps, ['1/3', '2/3', '3/3']);
      assert.deepEqual(
        submits().map(({ body }) => body),
        texts.map((prompt) => ({ model: 'sora-2', prompt, seconds: '12', size: '1280x720' })),
      );
      assert.equal(own.app.api.tasks().length, 3);
      assert.match(own.notifications.last.message, /^Generating 3 videos\.$/);
      assert.deepEqual(own.notifications.last.actions, ['Show Tasks']);
      assert.equal(own.notifications.shown.length, 1);
      // They are tasks now.
      assert.notEqual(front()?.languageId, PROMPT_LIST_LANGUAGE);
      assert.equal(own.dialogs.asked.length, 0);
    });

    it('shows all of them before anything is paid, and Escape sends nothing and leaves the list', async () => {
      const document = await list('a kite', 'b '.repeat(100));
      own.inputs.plan(escape);
      await run('sendPrompt');
      assert.deepEqual(summary().rows.slice(1, 4), [
        'Model: Sora 2 · sora-2',
        ...['Length: 4 s', 'Size: 720×1280 (portrait)'],
      ]);
      const [go, ...others] = summary().items;
      assert.equal(go?.label, 'Generate 2 Videos');
      assert.match(go.detail ?? '', /^Sent to 127\.0\.0\.1:\d+\. The gateway sets the price\.$/);
      assert.deepEqual(summary().activeItems, [go]);
      const listed = others.slice(-2);
      assert.equal(listed[0]?.label, '1. a kite');
      assert.match(listed[1]?.label ?? '', /^2\. b b .*…$/);
      const [label = '', detail = ''] = [
        listed[1]?.label.slice('2. '.length, -1),
        listed[1]?.detail?.slice(1),
      ];
      assert.equal(label + detail, 'b '.repeat(100).trim());
      assert.deepEqual([submits().length, own.app.api.tasks().length], [0, 0]);
      assert.equal(front(), document);
      assert.equal(document.getText(), `a kite\n---\n${'b '.repeat(100)}`);
    });

    it('an item of the list pays for nothing', async () => {
      await list('a kite', 'a boat');
      own.inputs.plan((input) => {
        (input as FakePick).choose('2. a boat');
        assert.equal(input.disposed, false);
        escape(input);
      });
      await run('sendPrompt');
      assert.equal(submits().length, 0);
    });

    it('with a fault in one of them none is sent, and the fault is named by its number', async () => {
      const document = await list('a kite', ' \n', 'a boat');
      await run('sendPrompt');
      assert.match(own.notifications.last.message, /^Prompt 2 is empty\. Nothing was sent\.$/);
      assert.equal(own.inputs.shown.length, 0);
      assert.equal(front(), document);
      own.inputs.plan(...set(['Model', 'Seedance 1.0 Pro']), (input) => {
        pay(input);
        escape(input);
      });
      await list('a kite', 'a boat --rs 480p', 'a lamp');
      await run('sendPrompt');
      assert.match(summary().items.at(-2)?.detail ?? '', /^\$\(error\) Remove '--rs'/);
      assert.deepEqual([submits().length, own.app.api.tasks().length], [0, 0]);
    });

    it('a list behind another tab is empty when all of it was sent', async () => {
      const document = await list('one', 'two');
      own.notifications.onStep = (now) => {
        if (now === '1/2') void newDocument({ content: 'other' }).then(vscode.window.showTextDocument);
      };
      fault({ name: 'slow', times: 'always', args: { ms: 300 } });
      await send();
      assert.equal(document.getText(), '');
    });

    it('goes on after one that is refused for itself, and keeps that one to be changed', async () => {
      const document = await list('a kite', 'a forbidden boat', 'a lamp');
      fault({ name: 'vendorRefused', prompt: 'forbidden' });
      await send();
      assert.deepEqual(prompts(), ['a kite', 'a forbidden boat', 'a lamp']);
      assert.match(
        own.notifications.last.message,
        /^2 of 3 requests accepted\. You weren't charged for the others\.$/,
      );
      assert.deepEqual(own.notifications.last.actions, ['Show Prompts', 'Show Tasks']);
      assert.equal(document.getText(), 'a forbidden boat');
    });

    for (const [what, options] of [
      ['the balance is used up', { name: 'balanceTooLow' }],
      ['the key is refused', { name: 'keyRejected' }],
      ['the outcome of one is not known', { name: 'serverError', args: { status: 500 } }],
    ] as const) {
      it(`sends no more where ${what}, and loses none`, async () => {
        const document = await list('one', 'two', 'three', 'four');
        fault({ ...options, after: 1, times: 'always' });
        await send();
        assert.deepEqual(prompts(), ['one', 'two']);
        const isUnknown = options.name === 'serverError';
        assert.match(
          own.notifications.last.message,
          isUnknown
            ? /^1 of 4 requests accepted\. You may have been charged for 1 more\.$/
            : /^1 of 4 requests accepted\. You weren't charged for the others\. (?:Your balance or your API key's quota is too low|The gateway rejected your API key)\.$/,
        );
        assert.equal(own.notifications.last.actions.includes('Set API Key…'), options.name === 'keyRejected');
        // A prompt that may have been paid for is only in the list of tasks.
        assert.equal(document.getText(), isUnknown ? 'three\n---\nfour' : 'two\n---\nthree\n---\nfour');
        assert.equal(own.app.api.tasks().length, 2);
      });
    }

    it('can be stopped between two of them: what is on its way is waited for', async () => {
      const document = await list('one', 'two', 'three');
      own.notifications.onStep = (now, cancel) => {
        if (now !== '2/3') return;
        const look = (): unknown => (submits().length < 2 ? setTimeout(look, 5) : cancel());
        look();
      };
      fault({ name: 'slow', after: 1, args: { ms: 500 } });
      await send();
      assert.deepEqual(prompts(), ['one', 'two']);
      assert.equal(own.app.api.tasks().length, 2);
      assert.equal(
        own.notifications.last.message,
        "2 of 3 requests accepted. You weren't charged for the others.",
      );
      assert.equal(own.notifications.last.severity, 'info');
      assert.equal(document.getText(), 'three');
    });

    it('what no byte of has left when they are stopped is called off', async () => {
      const document = await list('one', 'two', 'three');
      own.notifications.onStep = (now, cancel) => {
        if (now === '2/3') cancel();
      };
      await send();
      assert.deepEqual(prompts(), ['one']);
      assert.equal(own.app.api.tasks().length, 1);
      assert.equal(
        own.notifications.last.message,
        "1 of 3 requests accepted. You weren't charged for the others.",
      );
      assert.equal(document.getText(), 'two\n---\nthree');
    });

    it('that were sent moments ago are asked about once, for all of them; those alike in one batch are not', async () => {
      await list('a kite', 'a kite', 'a boat');
      await send();
      assert.equal(own.dialogs.asked.length, 0);
      const document = await list('a kite', 'a boat', 'a lamp');
      own.dialogs.willAnswer(false);
      await send();
      assert.equal(prompts().length, 3);
      assert.equal(document.getText(), 'a kite\n---\na boat\n---\na lamp');
      own.dialogs.willAnswer((question: { detail: string }) => {
        assert.match(question.detail, /^2 of 3 requests are the same as ones you just sent\./);
        return true;
      });
      await send();
      assert.equal(prompts().length, 6);
      assert.equal(own.dialogs.left, 0);
    });

    it('one prompt in the list is sent as one, and a separator in any other prompt editor is text', async () => {
      await list('a kite');
      own.inputs.plan(enter);
      await run('sendPrompt');
      assert.deepEqual(prompts(), ['a kite']);
      assert.match(summary().items[0]?.label ?? '', /Generate Video$/);
      const text = 'a kite\n---\na boat';
      await vscode.window.showTextDocument(await newDocument({ language: PROMPT_LANGUAGE, content: text }));
      own.inputs.plan(enter);
      await run('sendPrompt');
      assert.deepEqual(prompts(), ['a kite', text]);
    });

    it('tells a list that is being sent from one that is not', async () => {
      await list('one', 'two');
      let again: Promise<unknown> | undefined;
      own.notifications.onStep = (now) => {
        if (now === '1/2') again = run('sendPrompt');
      };
      await send();
      await again;
      assert.ok(own.notifications.shown.some(({ message }) => message.includes('already being sent')));
      assert.deepEqual(prompts(), ['one', 'two']);
    });
  });

  describe('of one prompt', () => {
    const begin = () => own.dialogs.willAnswer('variations');

    it('the same again, as often as is wanted', async () => {
      begin();
      own.inputs.plan(write('a kite'), choose('Variations'), ...set(['Repeat', '3']), pay);
      await run('generateSeveral');
      assert.deepEqual(prompts(), ['a kite', 'a kite', 'a kite']);
      assert.match(own.notifications.last.message, /^Generating 3 videos/);
      assert.equal(own.dialogs.asked.length, 1);
      // The prompt is theirs now, and no draft.
      own.inputs.plan(escape);
      await run('generate');
      assert.equal((own.inputs.shown.at(-1) as unknown as { value: string }).value, '');
    });

    it('each with a seed of its own where the model has one; what is read is what is sent', async () => {
      begin();
      let read: readonly string[] = [];
      own.inputs.plan(...[press('Model'), choose('Veo 3 Fast'), write('a kite')], (input) => {
        read = (input as FakePick).items.slice(-2).map(({ label }) => label);
        pay(input);
      });
      await run('generateSeveral');
      const seeds = submits().map(({ body }) => (body as { seed: number }).seed);
      assert.deepEqual(
        read,
        seeds.map((seed, index) => `${index + 1}. Seed: ${seed}`),
      );
      assert.equal(new Set(seeds).size, 2);
      assert.deepEqual(
        own.app.api
          .tasks()
          .map(({ request }) => request.options?.['seed'])
          .toReversed(),
        seeds,
      );
    });

    it('with several values of one option', async () => {
      begin();
      own.inputs.plan(
        ...[
          write('a kite'),
          ...set(['Size', '1280×720 (landscape)']),
          choose('Variations'),
          choose('Length'),
        ],
        ...[tick('4 s', '12 s'), pay],
      );
      await run('generateSeveral');
      assert.deepEqual(
        submits().map(({ body }) => body),
        ['4', '12'].map((seconds) => ({ model: 'sora-2', prompt: 'a kite', seconds, size: '1280x720' })),
      );
      assert.deepEqual(summary().rows.slice(1, 4), [
        'Variations: Length: 4 s, 12 s',
        'Model: Sora 2 · sora-2',
        'Size: 1280×720 (landscape)',
      ]);
    });

    it('Escape keeps the prompt as a draft, and Back leads through the questions', async () => {
      begin();
      own.inputs.plan(
        write('a kite'),
        choose('Variations'),
        choose('Repeat'),
        press(),
        press(),
        press(),
        escape,
      );
      await run('generateSeveral');
      assert.equal(submits().length, 0);
      begin();
      own.inputs.plan(escape);
      await run('generateSeveral');
      assert.equal((own.inputs.shown.at(-1) as unknown as { value: string }).value, 'a kite');
    });

    it('a prompt of which nothing was sent is a draft again', async () => {
      begin();
      fault({ name: 'balanceTooLow', times: 'always' });
      own.inputs.plan(write('a kite'), ...set(['Length', '8 s']), pay);
      own.notifications.willChoose('Show Prompts');
      await run('generateSeveral');
      assert.deepEqual(prompts(), ['a kite']);
      assert.match(
        own.notifications.last.message,
        /^0 of 2 requests accepted\. You weren't charged for the others\./,
      );
      while (front()?.getText() !== 'a kite') await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(front()?.languageId, PROMPT_LANGUAGE);
      begin();
      own.inputs.plan(escape);
      await run('generateSeveral');
      assert.equal((own.inputs.shown.at(-1) as unknown as { value: string }).value, 'a kite');
      // The editor goes on with what was chosen for it, whatever was sent since.
      gateway.clearFaults();
      own.inputs.plan(write('a boat'), ...set(['Length', '12 s']), pay);
      await run('generate');
      // The same was asked for a moment ago.
      own.dialogs.willAnswer(true);
      await send();
      assert.deepEqual(submits().at(-1)?.body, {
        ...{ model: 'sora-2', prompt: 'a kite', seconds: '8', size: '720x1280' },
      });
    });
  });

  describe('of several selections', () => {
    it('one each, as a list to be read first', async () => {
      await select('one\ntwo three', [8, 13], [4, 4], [0, 3]);
      own.dialogs.willAnswer('each');
      await run('generateFromSelection');
      assert.equal(front()?.languageId, PROMPT_LIST_LANGUAGE);
      assert.equal(front()?.getText(), 'one\n---\nthree');
      await send();
      assert.deepEqual(prompts(), ['one', 'three']);
    });

    it('nothing is opened when nobody chooses, and what a list would take apart has editors of its own', async () => {
      await select('one\n---\ntwo three', [8, 11], [0, 7]);
      const document = front();
      own.dialogs.willAnswer(undefined);
      await run('generateFromSelection');
      assert.equal(front(), document);
      own.dialogs.willAnswer('each');
      await run('generateFromSelection');
      const texts = vscode.workspace.textDocuments
        .filter(({ languageId, isClosed }) => languageId === PROMPT_LANGUAGE && !isClosed)
        .map((one) => one.getText());
      assert.ok(texts.includes('one\n---') && texts.includes('two'));
    });
  });
});
