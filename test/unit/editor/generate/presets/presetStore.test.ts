import { strict as assert } from 'node:assert';
import manifest from '../../../../../package.json';
import { looksLikeKey } from '../../../../../src/core/gateway/redaction';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import type { VideoRequest } from '../../../../../src/core/models/request';
import {
  parsePresets,
  type PresetScope,
  PresetStore,
} from '../../../../../src/editor/generate/presets/presetStore';
import { PresetEditor } from '../../../../../src/editor/generate/presets/presetEditor';
import { RecordingNotifications } from '../../../../support/recordingNotifications';
import { commandTitles } from '../../../../support/commandTitles';
import { ScriptedDialogs } from '../../../../support/scriptedDialogs';

const ignore = () => undefined;
const rain = { model: 'sora-2', prompt: 'rain', options: { seconds: '8' } };

/** A user's settings, and optionally a workspace. */
class Desk {
  readonly written: Record<PresetScope, unknown> = { user: undefined, workspace: undefined };
  readonly warnings: string[] = [];
  readonly dialogs = new ScriptedDialogs();
  readonly notifications = new RecordingNotifications();
  readonly keeping: PresetEditor;
  hasWorkspace = true;
  isLocked = false;

  constructor() {
    const log = {
      ...{ trace: ignore, debug: ignore, info: ignore, error: ignore },
      warn: (line: string) => void this.warnings.push(line),
    };
    const presets = new PresetStore({
      written: () => this.written,
      write: (scope, value) => {
        if (this.isLocked) return Promise.reject(new Error('The file has unsaved changes.'));
        this.written[scope] = value;
        return Promise.resolve();
      },
      log,
    });
    const { notifications } = this.notifications;
    this.keeping = new PresetEditor({
      ...{
        presets,
        dialogs: this.dialogs,
        commandTitles,
        notifications,
        looksLikeKey,
        log,
        l10n: untranslatedL10n,
        language: 'en',
      },
      hasWorkspace: () => this.hasWorkspace,
    });
  }

  get asked(): string[] {
    return this.dialogs.asked.map((question) =>
      'message' in question ? question.message : question.placeholder,
    );
  }
}

describe('presets', () => {
  let desk: Desk;
  const request: VideoRequest = { model: 'sora-2', prompt: 'one\r\ntwo ', options: { seconds: '8' } };

  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => assert.equal(desk.dialogs.left, 0));

  it('are those of the user and of the workspace, by name; that of the workspace counts', () => {
    const { presets, invalid } = parsePresets({
      user: { Rain: rain, Bare: { model: 'veo-x' }, Blank: { model: 'veo-x', prompt: ' ' } },
      workspace: { Rain: { model: 'kling-v1', options: { n: 2, watermark: true } } },
    });
    assert.deepEqual(presets, [
      { name: 'Bare', scope: 'user', model: 'veo-x' },
      { name: 'Blank', scope: 'user', model: 'veo-x' },
      { name: 'Rain', scope: 'workspace', model: 'kling-v1', options: { n: 2, watermark: true } },
    ]);
    assert.deepEqual(invalid, []);
    assert.deepEqual(parsePresets({ user: undefined, workspace: undefined }).presets, []);
  });

  for (const [what, value] of [
    ['nothing', null],
    ['a text', 'sora-2'],
    ['no model', { prompt: 'x' }],
    ['a model of two words', { model: 'sora 2' }],
    ['a prompt that is a number', { model: 'sora-2', prompt: 7 }],
    ['options that are a list', { model: 'sora-2', options: ['8'] }],
    ['an option that is an object', { model: 'sora-2', options: { seconds: {} } }],
  ] as const) {
    it(`pass over ${what}, and name it`, () => {
      const found = parsePresets({ user: { Odd: value, Rain: rain }, workspace: undefined });
      assert.deepEqual(
        found.presets.map(({ name }) => name),
        ['Rain'],
      );
      assert.deepEqual(found.invalid, ['Odd']);
    });
  }

  it('are named in the log once when they make no sense', () => {
    desk.written.user = { Odd: 7 };
    desk.written.workspace = 'not presets at all';
    for (let turn = 0; turn < 3; turn++) {
      assert.deepEqual(desk.keeping.read().invalid, ['Odd', 'nebulaVideo.presets']);
    }
    assert.equal(desk.warnings.length, 1);
    assert.match(desk.warnings[0] ?? '', /Odd, nebulaVideo\.presets/);
  });

  it('are saved with the prompt, byte for byte, beside all that stands there', async () => {
    desk.written.user = { Odd: 7 };
    desk.dialogs.willAnswer(' Mine ', true, 'user');
    await desk.keeping.save(request);
    assert.deepEqual(desk.written, {
      user: { Odd: 7, Mine: { model: 'sora-2', prompt: 'one\r\ntwo ', options: { seconds: '8' } } },
      workspace: undefined,
    });
    assert.match(desk.notifications.last.message, /^Preset 'Mine' saved\.$/);
  });

  it('are saved without it for the workspace, and read as they were saved', async () => {
    desk.dialogs.willAnswer('Ours', false, 'workspace');
    await desk.keeping.save(request);
    assert.deepEqual(desk.keeping.read().presets, [
      { name: 'Ours', scope: 'workspace', model: 'sora-2', options: { seconds: '8' } },
    ]);
    assert.equal(desk.written.user, undefined);
  });

  it('are the user’s where no folder is open, without a question', async () => {
    desk.hasWorkspace = false;
    desk.dialogs.willAnswer('Mine', false);
    await desk.keeping.save(request);
    assert.deepEqual(Object.keys(desk.written.user as object), ['Mine']);
  });

  it('take the place of one with the same name only after a yes', async () => {
    desk.written.user = { Mine: rain };
    desk.written.workspace = { Ours: rain };
    desk.dialogs.willAnswer('Mine', false, 'user', false, 'Ours', false, 'user', 'Mine', false, 'user', true);
    await desk.keeping.save(request);
    assert.deepEqual(desk.written.user, { Mine: rain });
    await desk.keeping.save(request);
    await desk.keeping.save(request);
    assert.deepEqual(desk.written.user, {
      Mine: { model: 'sora-2', options: { seconds: '8' } },
      Ours: { model: 'sora-2', options: { seconds: '8' } },
    });
    assert.equal(desk.asked.filter((text) => text.startsWith('Replace preset')).length, 2);
  });

  it('have a name, and no images, which is said', async () => {
    desk.dialogs.willAnswer(
      (question: { prompt: string; validate: (text: string) => string | undefined }) => {
        assert.match(question.prompt, /^Images and remix sources aren't saved\.$/);
        assert.match(question.validate('  ') ?? '', /Enter a value/);
        assert.match(question.validate('x'.repeat(81)) ?? '', /Use up to 80 characters/);
        assert.match(question.validate('sk-0123456789abcdefghij') ?? '', /looks like an API key/);
        assert.equal(question.validate('x'.repeat(80)), undefined);
        return 'Boat';
      },
    );
    desk.dialogs.willAnswer(true, 'user');
    await desk.keeping.save({ ...request, images: [{ role: 'first', source: 'file:///boat.png' }] });
    assert.ok(!JSON.stringify(desk.written).includes('boat.png'));
  });

  for (const answers of [[undefined], ['Mine', undefined], ['Mine', true, undefined]]) {
    it(`are not saved after Escape at question ${answers.length}`, async () => {
      desk.dialogs.willAnswer(...answers);
      await desk.keeping.save(request);
      assert.deepEqual(desk.written, { user: undefined, workspace: undefined });
      assert.equal(desk.notifications.shown.length, 0);
    });
  }

  it('are not saved with an API key in the prompt or an option', async () => {
    const key = 'sk-0123456789abcdefghij';
    await desk.keeping.save({ ...request, prompt: `rain ${key}` });
    await desk.keeping.save({ ...request, options: { user: key } });
    assert.deepEqual(desk.written, { user: undefined, workspace: undefined });
    assert.deepEqual(
      desk.notifications.shown.map(({ message }) => message.includes('contains an API key')),
      [true, true],
    );
  });

  it('are removed after a yes, from where they stand', async () => {
    desk.written.user = { Mine: rain, Odd: 7 };
    desk.written.workspace = { Mine: rain };
    desk.dialogs.willAnswer(false, true, true);
    const [shown] = desk.keeping.read().presets;
    assert.ok(shown);
    await desk.keeping.remove(shown);
    assert.deepEqual(desk.written.workspace, { Mine: rain });
    await desk.keeping.remove(shown);
    assert.equal(desk.written.workspace, undefined);
    const [below] = desk.keeping.read().presets;
    assert.equal(below?.scope, 'user');
    await desk.keeping.remove(below);
    assert.deepEqual(desk.written.user, { Odd: 7 });
  });

  it('stay as they are where the settings can’t be written, which is said with a way out', async () => {
    desk.written.user = 'not presets at all';
    desk.dialogs.willAnswer('Mine', true, 'user');
    await desk.keeping.save(request);
    assert.equal(desk.written.user, 'not presets at all');
    desk.isLocked = true;
    desk.dialogs.willAnswer('Mine', true, 'workspace');
    await desk.keeping.save(request);
    for (const { message, actions } of desk.notifications.shown) {
      assert.match(message, /^Couldn't update 'nebulaVideo\.presets'\.$/);
      assert.deepEqual(actions, ['Open Settings', 'Show Log']);
    }
    assert.equal(desk.notifications.shown.length, 2);
  });

  it('have a setting that a workspace counts in only when it is trusted', () => {
    const setting = manifest.contributes.configuration.properties['nebulaVideo.presets'];
    assert.equal(setting.scope, 'window');
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.ok(restrictedConfigurations.includes('nebulaVideo.presets'));
    assert.deepEqual(setting.additionalProperties.required, ['model']);
  });
});
