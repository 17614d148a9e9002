import { strict as assert } from 'node:assert';
import type { Task } from '../../src/api';
import { SECRETS } from '../../src/editor/credentials/keychain';
import { MEMENTOS } from '../../src/editor/generate/wizard/wizardState';
import type { PretendGateway } from '../gateway/pretendGateway';
import { set, choose, enter, escape, write, type FakePick, type FakeText } from '../support/fakeQuickInputs';
import { aRequest, nextInPhase, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { closeEditors, select } from './support/editors';
import { makeNewerStore } from './support/newerStore';
import { TestApp } from './support/testApp';

describe('the commands', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit');

  before(async () => {
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(undefined);
    await setSetting('baseUrl', gateway.baseUrl);
    await setSetting('confirm', 'never');
    own = new TestApp();
  });

  afterEach(async () => {
    own.dispose();
    gateway.clearFaults();
    await closeEditors();
  });

  after(() => leaveGateway(gateway));

  const run = (id: string, ...args: unknown[]) => own.app.commands.run(`nebulaVideo.${id}`, args);

  describe('Set API Key', () => {
    it('keeps a key, cleaned, and says that the gateway takes it', async () => {
      own.dialogs.willAnswer(` "Bearer ${gateway.key}" `);
      const saved = own.notifications.next();
      const running = run('setApiKey');
      assert.equal((await saved).message, 'API key saved.');
      const connected = own.notifications.next();
      await running;
      assert.match(
        (await connected).message,
        /^Connected to 127\.0\.0\.1:\d+\. Supported models available to your key: \d+\./,
      );
      assert.equal(own.notifications.last.severity, 'status');
      const stored = JSON.parse(own.secrets.entries.get(SECRETS.key) ?? '') as Record<string, unknown>;
      assert.equal(stored['value'], gateway.key);
      assert.deepEqual(stored['origins'], [gateway.baseUrl]);
    });

    it('keeps a key that the gateway refuses, and says so once', async () => {
      own.dialogs.willAnswer('sk-notthisone');
      const saved = own.notifications.next();
      const running = run('setApiKey');
      await saved;
      const refused = own.notifications.next();
      await running;
      const { message, actions } = await refused;
      assert.equal(message, 'The gateway rejected your API key.');
      assert.ok(!message.includes('notthisone'));
      assert.deepEqual(actions, ['Set API Key…', 'Open Settings']);
      assert.ok(own.secrets.entries.has(SECRETS.key));
    });

    it('refuses while typing what cannot be sent', async () => {
      own.dialogs.willAnswer((question: { validate(text: string): string | undefined }) => {
        assert.match(question.validate('') ?? '', /Paste one complete API key/);
        assert.match(question.validate('sk with blanks') ?? '', /Paste one complete API key/);
        assert.match(question.validate('sk-ключ') ?? '', /Paste one complete API key/);
        assert.equal(question.validate('Bearer sk-fine'), undefined);
        return undefined;
      });
      await run('setApiKey');
      assert.equal(own.secrets.entries.size, 0);
      assert.equal(own.notifications.shown.length, 0);
    });

    it('uses the key until the window closes where no secret storage is', async () => {
      own.secrets.broken = true;
      own.dialogs.willAnswer(gateway.key);
      await run('setApiKey');
      assert.match(own.notifications.shown[0]?.message ?? '', /until this window closes/);
      gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
      const task = await own.app.api.generate(aRequest());
      assert.equal(task.failure?.kind, 'quota');
    });
  });

  describe('Remove API Key', () => {
    it('forgets the stored key', async () => {
      own.dialogs.willAnswer(gateway.key);
      await run('setApiKey');
      await run('removeApiKey');
      assert.ok(!own.secrets.entries.has(SECRETS.key));
      await run('testConnection');
      assert.match(own.notifications.last.message, /Set an API key to continue/);
    });

    it('says when there is none, or still one in the environment', async () => {
      await run('removeApiKey');
      assert.match(own.notifications.last.message, /No API key to remove/);
      setEnvironmentKey(gateway.key);
      await run('removeApiKey');
      assert.match(own.notifications.last.message, /NEBULA_API_KEY/);
    });
  });

  describe('Test Connection', () => {
    it('works: how many models, and which of ours', async () => {
      setEnvironmentKey(gateway.key);
      await run('testConnection');
      assert.match(
        own.notifications.last.message,
        /^Connected to .* Supported models available to your key: \d+\./,
      );
      assert.equal(own.notifications.last.severity, 'info');
    });

    it('no key', async () => {
      await run('testConnection');
      assert.match(own.notifications.last.message, /Set an API key to continue/);
      assert.deepEqual(own.notifications.last.actions, ['Set API Key…']);
    });

    it('key refused', async () => {
      setEnvironmentKey('sk-0000000000000000');
      await run('testConnection');
      assert.match(own.notifications.last.message, /rejected your API key/);
      assert.deepEqual(own.notifications.last.actions, ['Set API Key…', 'Open Settings']);
    });

    it('not reachable', async () => {
      setEnvironmentKey(gateway.key);
      await gateway.setReachable(false);
      try {
        await run('testConnection');
      } finally {
        await gateway.setReachable(true);
      }
      assert.match(own.notifications.last.message, /Couldn't connect to 127\.0\.0\.1:\d+/);
      assert.deepEqual(own.notifications.last.actions, ['Open Settings', 'Show Log']);
    });

    it('not a gateway', async () => {
      setEnvironmentKey(gateway.key);
      gateway.setFault({ name: 'htmlPage', route: 'models' });
      await run('testConnection');
      assert.match(own.notifications.last.message, /^No valid response from /);
    });

    it('an address that is no place for a key', async () => {
      setEnvironmentKey(gateway.key);
      await setSetting('baseUrl', 'ftp://example.com');
      await run('testConnection');
      assert.match(own.notifications.last.message, /nebulaVideo\.baseUrl/);
      assert.deepEqual(own.notifications.last.actions, ['Open Settings']);
    });
  });

  describe('Generate Video, by hand', () => {
    const prompt = '  a kite\tover the sea  ';
    const answers = [
      write(prompt),
      ...set(['Length', '8 s'], ['Size', '1280×720 (landscape)']),
      choose('Generate Video'),
    ] as const;

    beforeEach(() => setEnvironmentKey(gateway.key));

    it('asks, sends what was answered byte for byte, and shows the new task', async () => {
      gateway.setFault({ name: 'taskFailed', route: 'submit' });
      own.inputs.plan(...answers);
      const task = (await run('generate')) as Task;
      assert.equal(task.phase, 'queued');
      assert.deepEqual(task.request, {
        model: 'sora-2',
        prompt,
        options: { seconds: '8', size: '1280x720' },
      });
      const [sent] = submits().slice(-1);
      assert.deepEqual(sent?.body, { model: 'sora-2', prompt, seconds: '8', size: '1280x720' });
      assert.deepEqual(own.view.revealed, [task.id]);
      assert.equal(own.notifications.last.severity, 'status');
      const [go] = (own.inputs.shown.at(-1) as FakePick).items;
      assert.equal(go?.detail, `Sent to ${new URL(gateway.baseUrl).host}. The gateway sets the price.`);
      // A sent request is no longer a draft.
      assert.deepEqual(own.mementos.workspace.get(MEMENTOS.draft), undefined);
      assert.equal((await own.app.api.settled(task.id)).phase, 'failed');
    });

    for (const place of answers.keys()) {
      it(`sends nothing after Escape at input ${place + 1}`, async () => {
        const before = submits().length;
        own.inputs.plan(...answers.slice(0, place), escape);
        assert.equal(await run('generate'), undefined);
        assert.equal(own.inputs.left, 0);
        assert.equal(submits().length, before);
        assert.equal(own.app.api.tasks().length, 0);
        assert.equal(own.notifications.shown.length, 0);
      });
    }

    it('asks before it sends the same again within moments', async () => {
      gateway.setFault({ name: 'taskFailed', route: 'submit', times: 'always' });
      own.inputs.plan(...answers);
      await run('generate');
      const before = submits().length;
      own.inputs.plan(...answers);
      own.dialogs.willAnswer(false);
      await run('generate');
      assert.equal(submits().length, before);
      // The draft is still there: nothing was sent.
      own.inputs.plan(enter, enter);
      own.dialogs.willAnswer(true);
      const again = (await run('generate')) as Task;
      assert.equal(again.request.prompt, prompt);
      assert.equal(submits().length, before + 1);
    });

    it('offers again what the gateway refused', async () => {
      gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
      own.inputs.plan(...answers);
      await run('generate');
      assert.match(own.notifications.last.message, /balance/);
      own.inputs.plan(escape);
      await run('generate');
      assert.equal((own.inputs.shown.at(-1) as FakeText).value, prompt);
    });

    it('asks for a missing key first, and goes on when there is one', async () => {
      setEnvironmentKey(undefined);
      own.dialogs.willAnswer(undefined);
      await run('generate');
      assert.equal(own.inputs.shown.length, 0);
      assert.equal(own.notifications.shown.length, 0);
      own.dialogs.willAnswer(gateway.key);
      own.inputs.plan(escape);
      await run('generate');
      assert.equal(own.inputs.shown.length, 1);
    });

    it('says before anything is asked that nothing can be sent', async () => {
      own.dispose();
      own = new TestApp(makeNewerStore);
      setEnvironmentKey(undefined);
      for (const command of ['generate', 'generateFromSelection'] as const) {
        if (command === 'generateFromSelection') await select('a kite');
        await run(command);
        assert.match(own.notifications.last.message, /newer version/i);
      }
      assert.equal(own.dialogs.asked.length, 0);
      assert.equal(own.inputs.shown.length, 0);
    });

    it('tells of a key that is refused, with what mends it', async () => {
      setEnvironmentKey('sk-0000000000000000');
      own.inputs.plan(...answers);
      const task = (await run('generate')) as Task;
      assert.equal(task.phase, 'rejected');
      assert.deepEqual(own.view.revealed, [task.id]);
      assert.ok(own.notifications.last.actions.includes('Set API Key…'));
    });
  });

  describe('on tasks', () => {
    beforeEach(() => setEnvironmentKey(gateway.key));

    const rejected = async (times: number) => {
      gateway.setFault({ name: 'balanceTooLow', route: 'submit', times });
      const tasks = [];
      for (let made = 0; made < times; made++) tasks.push(await own.app.api.generate(aRequest()));
      return tasks;
    };

    it('Remove Task removes a row after a yes', async () => {
      const [task] = await rejected(1);
      own.dialogs.willAnswer(false);
      await run('removeTask', task?.id);
      assert.equal(own.app.api.tasks().length, 1);
      own.dialogs.willAnswer(true);
      await run('removeTask', task?.id);
      assert.equal(own.app.api.tasks().length, 0);
    });

    it('Remove Task removes all selected rows, or those chosen from a list', async () => {
      const [one, two, three, four, five] = await rejected(5);
      own.dialogs.willAnswer(true);
      await run('removeTask', one?.id, [one?.id, two?.id]);
      const left = () => own.app.api.tasks().map(({ id }) => id);
      assert.deepEqual(left(), [five?.id, four?.id, three?.id]);
      const all = (question: { choices: { value: Task }[] }) => question.choices.map(({ value }) => value);
      own.dialogs.willAnswer((question: { choices: { value: Task }[] }) => {
        assert.deepEqual(
          all(question).map(({ id }) => id),
          left(),
        );
        return all(question).slice(1);
      }, true);
      await run('removeTask');
      assert.deepEqual(left(), [five?.id]);
      // A single one is chosen without ticking it.
      own.dialogs.willAnswer((question: { choices: { value: Task }[] }) => all(question)[0], true);
      await run('removeTask');
      assert.deepEqual(left(), []);
      await run('removeTask');
      assert.match(own.notifications.last.message, /No matching tasks/);
    });

    it('Stop Tracking says what it means, and stops; Remove Task leaves a living task alone', async () => {
      gateway.setFault({ name: 'taskStuck', route: 'submit' });
      const { id } = await own.app.api.generate(aRequest());
      await run('removeTask', id);
      assert.equal(own.app.api.task(id)?.phase, 'queued');
      own.dialogs.willAnswer((question: { detail: string }) => {
        assert.match(question.detail, /doesn't cancel the video or refund/);
        return true;
      });
      await run('stopTracking', id);
      const task = await own.app.api.settled(id);
      assert.equal(task.phase, 'stopped');
      assert.equal(task.timeline.at(-1)?.note, undefined);
    });

    it('Cancel Sending cancels requests that wait to be sent', async () => {
      gateway.setFault({ name: 'rateLimit', route: 'submit', args: { retryAfter: 'seconds', seconds: 30 } });
      const request = aRequest('asked to wait');
      const sending = nextInPhase(own.app.api, request.prompt, 'sending');
      const outcome = own.app.api.generate(request);
      const { id } = await sending;
      await nextInPhase(own.app.api, request.prompt, 'draft');
      await run('stopSending', id);
      const task = await outcome;
      assert.equal(task.phase, 'stopped');
      assert.equal(submits().filter(({ body }) => JSON.stringify(body).includes('asked to wait')).length, 1);
    });

    it('Refresh asks at once about a task that waits', async () => {
      gateway.setFault({ name: 'taskStuck', route: 'submit' });
      const { id, gatewayTaskId } = await own.app.api.generate(aRequest());
      await run('refresh');
      assert.ok(own.fired.includes(undefined));
      gateway.holdTask(gatewayTaskId ?? '', false);
      gateway.failTask(gatewayTaskId ?? '');
      await run('refresh');
      assert.equal((await own.app.api.settled(id)).phase, 'failed');
    });

    it('an unforeseen error becomes one message', async () => {
      await run('removeTask', 42);
      assert.match(own.notifications.last.message, /^Remove Task failed unexpectedly/);
      assert.deepEqual(own.notifications.last.actions, ['Show Log']);
    });
  });
});
