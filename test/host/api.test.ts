import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { NebulaVideoApi, Task, VideoRequest } from '../../src/api';
import type { PretendGateway } from '../gateway/pretendGateway';
import {
  aRequest,
  nextChange,
  nextInPhase,
  rejectionOf,
  setEnvironmentKey,
  setSetting,
  theApi,
} from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { makeNewerStore } from './support/newerStore';
import { TestApp } from './support/testApp';

describe('the public API', () => {
  let api: NebulaVideoApi;
  let gateway: PretendGateway;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit');

  before(async () => {
    api = await theApi();
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(gateway.key);
    await setSetting('baseUrl', gateway.baseUrl);
    await setSetting('confirm', 'never');
  });

  afterEach(() => gateway.clearFaults());

  after(() => leaveGateway(gateway));

  it('says its version and cannot be changed', () => {
    assert.equal(api.apiVersion, 1);
    assert.ok(Object.isFrozen(api));
  });

  describe('rejects, sends nothing and makes no task', () => {
    let before: number;
    let sent: number;

    beforeEach(() => {
      before = api.tasks().length;
      sent = submits().length;
    });

    afterEach(() => {
      assert.equal(api.tasks().length, before);
      assert.equal(submits().length, sent);
    });

    const invalid: [string, unknown, RegExp][] = [
      ['an empty prompt', { model: 'sora-2', prompt: '  \n' }, /prompt is empty/],
      ['an unknown model', { model: 'nobody-1', prompt: 'x' }, /nobody-1.*sora-2/],
      [
        'a value the model does not have',
        { model: 'sora-2', prompt: 'x', options: { seconds: '5' } },
        /4, 8, 12/,
      ],
      ['an option the model does not have', { model: 'sora-2', prompt: 'x', options: { fps: 60 } }, /fps/],
      [
        'images that the model does not take',
        { model: 'sora-2', prompt: 'x', images: [{ role: 'last', source: 'https://example.com/a.png' }] },
        /role 'first'/,
      ],
      ['a remix of an unknown task', { model: 'sora-2', prompt: 'x', remixOf: 'nobody' }, /'nobody'/],
      ['something that is no request', { prompt: 'x' }, /model/],
      ['nothing at all', undefined, /request/],
    ];
    for (const [what, request, words] of invalid) {
      it(`invalidRequest: ${what}`, async () => {
        const error = await rejectionOf(api.generate(request as VideoRequest));
        assert.equal(error.code, 'invalidRequest');
        assert.match(error.message, words);
      });
    }

    it('noKey', async () => {
      setEnvironmentKey(undefined);
      const error = await rejectionOf(api.generate(aRequest()));
      assert.equal(error.code, 'noKey');
      assert.match(error.message, /^Set an API key to continue/);
    });

    it('originNotApproved, where the address is no place for a key', async () => {
      await setSetting('baseUrl', 'http://example.com');
      const error = await rejectionOf(api.generate(aRequest()));
      assert.equal(error.code, 'originNotApproved');
      assert.match(error.message, /nebulaVideo\.baseUrl/);
    });

    it('originNotApproved, where the user did not say yes', async () => {
      // A test host refuses the dialog, which is no yes.
      await setSetting('baseUrl', 'https://gateway.invalid');
      const error = await rejectionOf(api.generate(aRequest()));
      assert.equal(error.code, 'originNotApproved');
      assert.match(error.message, /gateway\.invalid/);
    });

    it('declined, where the user did not say yes', async () => {
      await setSetting('confirm', 'always');
      const error = await rejectionOf(api.generate(aRequest()));
      assert.equal(error.code, 'declined');
    });

    it('cancelled, with a token that is cancelled already', async () => {
      const source = new vscode.CancellationTokenSource();
      source.cancel();
      const error = await rejectionOf(api.generate(aRequest(), source.token));
      assert.equal(error.code, 'cancelled');
      source.dispose();
    });

    it('the first of several reasons, in the promised order', async () => {
      const source = new vscode.CancellationTokenSource();
      source.cancel();
      setEnvironmentKey(undefined);
      await setSetting('baseUrl', 'http://example.com');
      const bad = await rejectionOf(api.generate({ model: 'sora-2', prompt: '' }, source.token));
      assert.equal(bad.code, 'invalidRequest');
      assert.equal((await rejectionOf(api.generate(aRequest(), source.token))).code, 'noKey');
      setEnvironmentKey(gateway.key);
      assert.equal((await rejectionOf(api.generate(aRequest(), source.token))).code, 'originNotApproved');
      source.dispose();
    });
  });

  it('cancelled before the first byte: rejects, and the draft is cleared away', async () => {
    await gateway.setReachable(false);
    try {
      const source = new vscode.CancellationTokenSource();
      const request = aRequest('never to be sent');
      const draft = nextInPhase(api, request.prompt, 'draft');
      const promise = api.generate(request, source.token);
      const { id } = await draft;
      const removed = nextChange(api, (changes) => (changes.removed.includes(id) ? true : undefined));
      source.cancel();
      assert.equal((await rejectionOf(promise)).code, 'cancelled');
      await removed;
      assert.equal(api.task(id), undefined);
      source.dispose();
    } finally {
      await gateway.setReachable(true);
    }
    assert.ok(!submits().some(({ body }) => JSON.stringify(body).includes('never to be sent')));
  });

  it('cancelled after the first byte: resolves with the task, which goes on', async () => {
    gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 1_000 } });
    const source = new vscode.CancellationTokenSource();
    const request = aRequest('sent all the same');
    const sending = nextInPhase(api, request.prompt, 'sending');
    const promise = api.generate(request, source.token);
    const { id } = await sending;
    source.cancel();
    assert.equal((await promise).id, id);
    assert.equal((await api.settled(id)).phase, 'saved');
    source.dispose();
  });

  it('rejected: a key the gateway does not take', async () => {
    setEnvironmentKey('sk-0000000000000000');
    const task = await api.generate(aRequest());
    assert.equal(task.phase, 'rejected');
    assert.equal(task.failure?.kind, 'key');
    assert.equal(task.failure.charged, 'no');
    assert.match(task.failure.message, /key/);
  });

  it('rejected: a gateway that cannot be reached', async () => {
    await gateway.setReachable(false);
    try {
      const task = await api.generate(aRequest());
      assert.equal(task.phase, 'rejected');
      assert.equal(task.failure?.kind, 'network');
      assert.equal(task.failure.charged, 'no');
      assert.match(task.failure.message, /^Couldn't connect to .* You weren't charged/);
    } finally {
      await gateway.setReachable(true);
    }
  });

  it('unknown: accepted, but the reply was lost; sent exactly once', async () => {
    gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const before = submits().length;
    const task = await api.generate(aRequest());
    assert.equal(task.phase, 'unknown');
    assert.equal(task.failure?.charged, 'unknown');
    assert.equal((await api.settled(task.id)).phase, 'unknown');
    assert.equal(submits().length, before + 1);
  });

  it('hands out frozen pictures, the newest first, as many as are wanted', async () => {
    gateway.setFault({ name: 'keyRejected', route: 'submit', times: 2 });
    const first = await api.generate(aRequest());
    const second = await api.generate(aRequest());
    const tasks = api.tasks();
    assert.deepEqual([tasks[0]?.id, tasks[1]?.id], [second.id, first.id]);
    assert.equal(api.tasks({ limit: 1 }).length, 1);
    assert.equal(api.tasks({ limit: 0 }).length, 0);
    assert.throws(() => api.tasks({ limit: -1 }));
    assert.deepEqual(api.task(first.id), first);
    assert.equal(api.task('nobody'), undefined);
    for (const value of [
      tasks,
      first,
      first.request,
      first.request.options,
      first.timeline,
      first.timeline[0],
    ]) {
      assert.ok(Object.isFrozen(value));
    }
  });

  it('tells of changes, and settles in time, at once, or not at all', async () => {
    const request = aRequest('watched from outside');
    const phases: Task['phase'][] = [];
    const listener = api.onDidChangeTasks(({ changed }) => {
      for (const task of changed) if (task.request.prompt === request.prompt) phases.push(task.phase);
    });
    const { id } = await api.generate(request);
    const source = new vscode.CancellationTokenSource();
    const given = rejectionOf(api.settled(id, source.token));
    source.cancel();
    assert.equal((await given).code, 'cancelled');
    const task = await api.settled(id);
    listener.dispose();
    assert.equal(task.phase, 'saved');
    for (const phase of ['draft', 'sending', 'queued', 'saving', 'saved'] as const) {
      assert.ok(phases.includes(phase), `${phase} was not told`);
    }
    assert.deepEqual(await api.settled(id), task);
    await rejectionOf(api.settled('nobody'));
    source.dispose();
  });

  it('is also there as a command, which answers with plain JSON', async () => {
    gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    const request = aRequest('by command');
    const task = await vscode.commands.executeCommand<Task>('nebulaVideo.generate', request);
    assert.equal(task.phase, 'rejected');
    assert.equal(task.failure?.kind, 'quota');
    assert.deepEqual(task, JSON.parse(JSON.stringify(api.task(task.id))));
    const refused = await rejectionOf(
      Promise.resolve(
        vscode.commands.executeCommand('nebulaVideo.generate', { model: 'sora-2', prompt: '' }),
      ),
    );
    assert.match(refused.message, /prompt is empty/);
  });

  describe('with somebody at the keyboard', () => {
    let own: TestApp;

    afterEach(() => own.dispose());

    it('asks before it sends, and sends nothing without a yes', async () => {
      own = new TestApp();
      await setSetting('confirm', 'always');
      own.dialogs.willAnswer(false);
      const request = aRequest('a question of money');
      const error = await rejectionOf(own.app.api.generate(request));
      assert.equal(error.code, 'declined');
      assert.equal(own.app.api.tasks().length, 0);
      const [question] = own.dialogs.asked;
      assert.ok(question && 'detail' in question);
      assert.match(question.detail, /a question of money/);
      assert.match(question.detail, /^Options: 4 s · 1280×720 \(landscape\)$/m);
      assert.match(question.detail, new RegExp(gateway.baseUrl));

      gateway.setFault({ name: 'keyRejected', route: 'submit' });
      own.dialogs.willAnswer(true);
      assert.equal((await own.app.api.generate(request)).phase, 'rejected');
    });

    it('cancelled while the question is open: nothing is sent after a late yes', async () => {
      own = new TestApp();
      await setSetting('confirm', 'always');
      const source = new vscode.CancellationTokenSource();
      let say: (yes: boolean) => void = () => undefined;
      own.dialogs.willAnswer(() => {
        source.cancel();
        return new Promise((resolve) => (say = resolve));
      });
      const before = submits().length;
      assert.equal((await rejectionOf(own.app.api.generate(aRequest(), source.token))).code, 'cancelled');
      say(true);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(own.app.api.tasks().length, 0);
      assert.equal(submits().length, before);
      source.dispose();
    });

    it('asks about an unknown origin once, and keeps the answer', async () => {
      own = new TestApp();
      await setSetting('baseUrl', 'https://gateway.invalid');
      own.dialogs.willAnswer(false);
      assert.equal((await rejectionOf(own.app.api.generate(aRequest()))).code, 'originNotApproved');
      // Callers can't prompt the user again and again.
      assert.equal((await rejectionOf(own.app.api.generate(aRequest()))).code, 'originNotApproved');
      assert.equal(own.dialogs.asked.length, 1);
      assert.equal(own.app.api.tasks().length, 0);
    });

    it('readOnly: where a newer version keeps the tasks', async () => {
      own = new TestApp(makeNewerStore);
      const error = await rejectionOf(own.app.api.generate(aRequest()));
      assert.equal(error.code, 'readOnly');
      assert.match(error.message, /^Update Nebula Video/);
      assert.equal(own.view.message, error.message);
      assert.deepEqual(own.app.api.tasks(), []);
    });
  });
});
