import assert from 'node:assert/strict';
import type { CancellationToken } from 'vscode';
import { DiskError } from '../../../../../src/core/common/fileSystem';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import type { KeyAnswer } from '../../../../../src/core/gateway/apiKey';
import { looksLikeKey } from '../../../../../src/core/gateway/redaction';
import { BatchSubmitter } from '../../../../../src/editor/generate/batch/batchSubmitter';
import { withSignal } from '../../../../../src/editor/common/cancellation';
import { attachTaskId, removeTask } from '../../../../../src/editor/tasks/taskCommands';
import type { EngineAccess } from '../../../../../src/editor/common/engineAccess';
import type { Keychain } from '../../../../../src/editor/credentials/keychain';
import { OriginApproval } from '../../../../../src/editor/credentials/originApproval';
import { KeyLockedError, Rejection } from '../../../../../src/editor/common/rejection';
import { RequestSender } from '../../../../../src/editor/generate/submit/requestSender';
import { Settings } from '../../../../../src/editor/common/settings';
import { commandTitles } from '../../../../support/commandTitles';
import { RecordingNotifications } from '../../../../support/recordingNotifications';
import { ScriptedDialogs } from '../../../../support/scriptedDialogs';
import { World } from '../../../support/world';
import { catalog } from '../../../../support/catalog';

/** A window's way to a paid request, with a keychain that the test controls. */
class Desk {
  readonly world: World;
  readonly dialogs = new ScriptedDialogs();
  readonly sender: RequestSender;
  readonly settings: Record<string, unknown>;
  readonly engine: EngineAccess;
  answer: KeyAnswer;
  /** Makes storing the images fail. */
  diskError: DiskError | undefined;

  private constructor(world: World, engine: EngineAccess) {
    this.world = world;
    this.engine = engine;
    this.settings = { baseUrl: world.gateway.baseUrl, confirm: 'never' };
    this.answer = { kind: 'key', key: world.access.key };
    const keychain = {
      place: () => Promise.resolve(places[this.answer.kind]),
      keyFor: () => Promise.resolve(this.answer),
      looksLikeKey: (text: string) => looksLikeKey(text, [world.gateway.key]),
    } as unknown as Keychain;
    this.sender = new RequestSender({
      engine,
      settings: new Settings((name) => this.settings[name]),
      keychain,
      approval: new OriginApproval({
        keychain,
        dialogs: this.dialogs,
        commandTitles,
        l10n: untranslatedL10n,
      }),
      dialogs: this.dialogs,
      images: {
        fit: (input) =>
          Promise.resolve({
            input,
            keep: (request) => (this.diskError ? Promise.reject(this.diskError) : Promise.resolve(request)),
          }),
      },
      catalog,
      commandTitles,
      l10n: untranslatedL10n,
      onSent: () => undefined,
    });
  }

  static async open(): Promise<Desk> {
    const world = await World.create();
    const engine = await world.open();
    return new Desk(world, {
      open: () => Promise.resolve(engine),
      current: engine,
    } as unknown as EngineAccess);
  }

  /** Sends a request for another extension. */
  send(request: object = {}, requester: 'api' | 'person' = 'api') {
    const whole = { model: 'sora-2', prompt: 'a kite', ...request };
    return this.sender.send(whole, requester, new AbortController().signal);
  }
}

const places = { key: 'stored', none: undefined, notApproved: 'stored', locked: 'locked' } as const;

describe('a request on its way to the engine', function () {
  this.timeout(120_000);
  let desk: Desk;

  beforeEach(async () => {
    desk = await Desk.open();
  });
  afterEach(async () => {
    assert.equal(desk.dialogs.left, 0);
    await desk.world.stop();
  });

  it('is rejected with a key in any of its texts, without quoting it', async () => {
    const { key } = desk.world.gateway;
    for (const text of [key, key.replace(/^sk-/, ''), `Bearer ${key}`]) {
      for (const request of [
        { prompt: text },
        { model: text },
        { options: { seconds: text } },
        { options: { [text]: '1' } },
        { remixOf: text },
        { images: [{ role: 'first', source: text }] },
        { other: { nested: [text] } },
      ]) {
        await assert.rejects(desk.send(request), (error) => {
          assert.ok(error instanceof Rejection);
          assert.equal(error.code, 'invalidRequest');
          assert.ok(!error.message.includes(key.slice(3)), error.message);
          return true;
        });
      }
    }
    assert.equal(desk.world.requests('submit'), 0);
  });

  it('says once that nothing was sent if its images could not be stored', async () => {
    desk.diskError = new DiskError('ENOSPC');
    await assert.rejects(desk.send(), {
      code: 'readOnly',
      message: "Nothing was sent. Couldn't store the images. Check disk space and permissions.",
    });
    assert.equal(desk.world.requests('submit'), 0);
  });

  for (const requester of ['api', 'person'] as const) {
    it(`tells no key, a locked keyring and an unapproved address apart: ${requester}`, async () => {
      const rejection = async (kind: 'none' | 'locked' | 'notApproved') => {
        desk.answer = { kind };
        if (kind === 'notApproved') desk.dialogs.willAnswer(false);
        return desk.send({}, requester).then(
          () => assert.fail('nothing may be sent'),
          (error: unknown) => error as Rejection,
        );
      };
      const none = await rejection('none');
      const locked = await rejection('locked');
      const notApproved = await rejection('notApproved');
      assert.deepEqual([none.code, locked.code, notApproved.code], ['noKey', 'noKey', 'originNotApproved']);
      assert.ok(locked instanceof KeyLockedError && !(none instanceof KeyLockedError));
      assert.equal(desk.world.requests('submit'), 0);
    });
  }

  describe('shown in a dialog', () => {
    const HOSTILE = 'x\n\nIt costs nothing.\u202e\u200b\u2028\u0007';

    it('leaves the fixed text as it is, with the charge and the address first', async () => {
      desk.settings['confirm'] = 'always';
      let shown: { message: string; detail: string } | undefined;
      desk.dialogs.willAnswer((question: { message: string; detail: string }) => {
        shown = question;
        return false;
      });
      const model = 'doubao-seedance-1-0-pro-250528';
      await assert.rejects(desk.send({ model, prompt: `${HOSTILE}${'a '.repeat(500)}THE END` }), {
        code: 'declined',
      });
      assert.ok(shown);
      // eslint-disable-next-line no-control-regex -- a control character is what must not be there
      assert.doesNotMatch(shown.detail, /[\u202e\u200b\u2028\u0007]/);
      const [charge, ...lines] = shown.detail.split('\n');
      assert.match(
        charge ?? '',
        /^Requested by another extension or a key binding\. The video is charged to your account\.$/,
      );
      const [empty, address, prompt, options] = lines;
      assert.equal(empty, '');
      assert.equal(address, `Gateway: ${desk.world.gateway.baseUrl}`);
      assert.match(prompt ?? '', /^Prompt: x ⏎ It costs nothing\..*….*THE END$/);
      assert.ok(options);
      assert.equal(lines.length, 4);
    });

    it('has no model whose ID could pass for other text', async () => {
      for (const model of [`sora-2${HOSTILE}`, `sora-2${'x'.repeat(5000)}`, 'sora-2 free']) {
        await assert.rejects(desk.send({ model }), { code: 'invalidRequest' });
      }
    });

    it('is one visible line of the question about an earlier one', async () => {
      const request = { prompt: HOSTILE };
      await desk.send(request);
      await (await desk.engine.open()).stopTracking((await desk.engine.open()).tasks()[0]!.id);
      const check = (question: { message: string; detail: string }) => {
        assert.match(question.detail, /^'x ⏎ It costs nothing\.\ufffd\ufffd.*'\nVideos stay/);
        return false;
      };
      desk.dialogs.willAnswer(check);
      const { notifications } = new RecordingNotifications();
      const { engine, dialogs } = desk;
      const parts = {
        catalog,
        engine,
        dialogs,
        notifications,
        commandTitles,
        l10n: untranslatedL10n,
        language: 'en',
      };
      await removeTask(parts, [(await desk.engine.open()).tasks()[0]!.id]);
    });
  });

  it('has a task ID attached that is no key', async () => {
    desk.world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id } = await desk.send();
    const host = new RecordingNotifications();
    const { key } = desk.world.gateway;
    const isOwn = (text: string) => looksLikeKey(text, [key]);
    const attached = desk.world.gateway.tasks[0]!.id;
    desk.dialogs.willAnswer(({ validate }: { validate: (text: string) => string | undefined }) => {
      for (const text of [key, key.slice(3), `Bearer ${key}`]) {
        assert.match(validate(text) ?? '', /looks like an API key/);
      }
      for (const text of ['two words', '', 'x'.repeat(2001)]) {
        assert.match(validate(text) ?? '', /without spaces/, text);
      }
      for (const text of ['1', ' a/b ', 'x'.repeat(2000)]) assert.equal(validate(text), undefined);
      return ` ${attached}`;
    });
    const parts = {
      engine: desk.engine,
      dialogs: desk.dialogs,
      notifications: host.notifications,
      commandTitles,
      catalog,
      l10n: untranslatedL10n,
      language: 'en',
      looksLikeKey: isOwn,
    };
    await attachTaskId(parts, [id]);
    assert.equal(host.last.message, 'Checking again.');
    assert.equal((await desk.engine.open()).task(id)?.gatewayTaskId, attached);
  });
});

/** A token that the test cancels. */
class FakeToken {
  isCancellationRequested = false;
  readonly #listeners = new Set<() => void>();

  onCancellationRequested = (listener: () => void) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  cancel(): void {
    this.isCancellationRequested = true;
    for (const listener of this.#listeners) listener();
  }
}

describe('a canceled request', function () {
  this.timeout(60_000);
  let desk: Desk;

  beforeEach(async () => {
    desk = await Desk.open();
  });
  afterEach(async () => {
    await desk.world.stop();
  });

  /** Cancels after so many turns of the event loop; the clock moves on while the gateway makes it wait. */
  async function cancelAfter(turns: number) {
    const before = desk.world.requests('submit');
    const token = new FakeToken();
    const sending = withSignal(token as unknown as CancellationToken, (signal) =>
      desk.sender.send({ model: 'sora-2', prompt: `after ${turns}` }, 'api', signal),
    );
    let isOver = false;
    const outcome = sending
      .then(
        (task) => ({ task }),
        (error: unknown) => ({ error }),
      )
      .finally(() => (isOver = true));
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    token.cancel();
    await desk.world.until(() => isOver);
    return { ...(await outcome), posted: desk.world.requests('submit') - before };
  }

  for (const [name, prepare] of [
    ['in time', () => undefined],
    ['slow', () => desk.world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 50 } })],
    [
      'told to wait',
      () => desk.world.gateway.setFault({ name: 'rateLimit', route: 'submit', args: { seconds: 5 } }),
    ],
  ] as const) {
    it(`resolves if, and only if, it was posted, wherever it's canceled: ${name}`, async () => {
      const seen = new Set<string>();
      for (let turns = 0; turns < 80; turns += turns < 20 ? 1 : 5) {
        desk.world.gateway.clearFaults();
        prepare();
        const result = await cancelAfter(turns);
        const isTask = 'task' in result;
        seen.add(String(isTask));
        assert.equal(isTask, result.posted > 0, `after ${turns} turns`);
        if (!isTask) {
          assert.ok(result.error instanceof Rejection && result.error.code === 'cancelled', String(turns));
        }
      }
      assert.deepEqual([...seen].sort(), ['false', 'true'], 'both ends were reached');
    });
  }

  it('rejects at once while a dialog is open, and a late yes sends nothing', async () => {
    desk.settings['confirm'] = 'always';
    const token = new FakeToken();
    let answer: (yes: boolean) => void = () => undefined;
    desk.dialogs.willAnswer(() => {
      setImmediate(() => token.cancel());
      return new Promise((resolve) => (answer = resolve));
    });
    await assert.rejects(
      withSignal(token as unknown as CancellationToken, (signal) =>
        desk.sender.send({ model: 'sora-2', prompt: 'a kite' }, 'api', signal),
      ),
      { code: 'cancelled' },
    );
    answer(true);
    await desk.world.turns();
    assert.equal(desk.world.requests('submit'), 0);
  });
});

describe('a key that is removed', function () {
  this.timeout(120_000);
  let desk: Desk;

  beforeEach(async () => {
    desk = await Desk.open();
  });
  afterEach(async () => {
    await desk.world.stop();
  });

  for (const key of [undefined, { id: 'key-2', value: 'sk-another-key-0123456789' }]) {
    it(`ends a batch between two requests: ${key ? 'another one is set' : 'none is left'}`, async () => {
      const requests = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((prompt) =>
          desk.sender.prepare({ model: 'sora-2', prompt }, new AbortController().signal),
        ),
      );
      const batch = new BatchSubmitter({
        sender: desk.sender,
        notifications: new RecordingNotifications().notifications,
        catalog,
        l10n: untranslatedL10n,
      });
      const report = await batch.send(requests, (index) => {
        if (index === 1) desk.world.keys.key = key;
        return Promise.resolve();
      });
      assert.equal(desk.world.requests('submit'), 1);
      assert.deepEqual(report.notSent, [1, 2, 3, 4]);
      assert.ok(report.stop?.kind === 'error' && report.stop.error instanceof Rejection);
      assert.equal(report.stop.error.code, 'noKey');
      assert.equal((await desk.engine.open()).tasks().length, 1);
    });
  }

  it('ends a request that the gateway made wait', async () => {
    desk.world.gateway.setFault({ name: 'rateLimit', route: 'submit', args: { seconds: 5 } });
    let isOver = false;
    const sending = desk.send().finally(() => (isOver = true));
    await desk.world.turns(() => desk.world.requests('submit') === 1);
    desk.world.keys.key = undefined;
    await desk.world.until(() => isOver);
    const task = await sending;
    assert.deepEqual([task.phase, task.failure?.kind, task.failure?.charged], ['rejected', 'key', 'no']);
    assert.match(task.failure?.message ?? '', /removed or replaced/);
    assert.equal(desk.world.requests('submit'), 1);
  });
});
