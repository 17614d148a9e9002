import assert from 'node:assert/strict';
import type { QuickPickItem } from 'vscode';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { Engine } from '../../../src/core/engine';
import { looksLikeKey } from '../../../src/core/gateway/redaction';
import type { Phase } from '../../../src/core/task/phases';
import { removeTask, stopTracking } from '../../../src/editor/tasks/taskCommands';
import type { EngineAccess } from '../../../src/editor/common/engineAccess';
import { OriginApproval } from '../../../src/editor/credentials/originApproval';
import { parsePresets, PresetStore } from '../../../src/editor/generate/presets/presetStore';
import { PresetEditor } from '../../../src/editor/generate/presets/presetEditor';
import { pickPreset } from '../../../src/editor/generate/wizard/pickPreset';
import { runGenerateWizard } from '../../../src/editor/generate/wizard/wizard';
import { MEMENTOS } from '../../../src/editor/generate/wizard/wizardState';
import { FakeMemento } from '../../support/fakeMemento';
import { FakePick, FakeQuickInputs, enter, escape } from '../../support/fakeQuickInputs';
import { fakeWizardDependencies, fakeWizardState } from '../../support/fakeWizard';
import { catalog } from '../../support/catalog';
import { commandTitles } from '../../support/commandTitles';
import { RecordingNotifications } from '../../support/recordingNotifications';
import { ScriptedDialogs } from '../../support/scriptedDialogs';
import { quietLog } from '../support/quietLog';

/** Text that others may have written: in workspace settings, in storage, or at the gateway. */
const HOSTILE: Readonly<Record<string, string>> = {
  'line breaks': 'one\r\n\r\nIt costs nothing.\u2028two\u0085three',
  'bidi marks': 'a\u202eb\u2066c\u200f\u200bd',
  'a link': '[Pay](command:x) [site](https://x.example)',
  'an icon': '$(check) done $(verified)',
  'a long text': 'very long '.repeat(5000),
  'a long word': 'x'.repeat(50_000),
  'a NUL and other controls': 'a\0b\u0007c\u001b[31md',
  'half a character': 'a\ud800b',
  'what looks like a key': 'sk-0123456789abcdefghijklmnopqrstuv',
};

/** One line of ordinary length in which nothing is invisible. */
function assertVisible(text: string, max = 400): void {
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u, JSON.stringify(text.slice(0, 200)));
  assert.ok(text.length <= max, `${text.length} characters`);
}

/** The same where the editor makes links and icons of a text. */
function assertPlain(text: string, max?: number): void {
  assertVisible(text, max);
  assert.doesNotMatch(text, /\]\(|(?<!\\)\$\((?!add\)|warning\)|info\))/u);
}

describe('hostile text is shown as one short visible line', () => {
  const ignore = () => undefined;
  let dialogs: ScriptedDialogs;

  beforeEach(() => {
    dialogs = new ScriptedDialogs();
  });

  for (const [name, text] of Object.entries(HOSTILE)) {
    it(`in the list of presets, with a model and a prompt of the same kind: ${name}`, async () => {
      const inputs = new FakeQuickInputs();
      const written = { [text]: { model: 'sora-2', prompt: text }, other: { model: text }, [`${text} `]: 7 };
      const read = () => parsePresets({ user: written, workspace: undefined });
      const presets = { ...fakeWizardDependencies().presets, read };
      await pickPreset('text', undefined, fakeWizardDependencies({ inputs, presets }));
      const [pick] = inputs.shown;
      assert.ok(pick instanceof FakePick);
      const texts = (item: QuickPickItem) => [item.label, item.description ?? '', item.detail ?? ''];
      for (const shown of pick.items.flatMap(texts)) assertPlain(shown);
      assert.ok(pick.items.length >= 3, `${pick.items.length} rows`);
      for (const shown of [pick.title, pick.placeholder, pick.prompt]) assertPlain(shown ?? '');
    });

    it(`in the summary of a draft restored from storage: ${name}`, async () => {
      const inputs = new FakeQuickInputs();
      // A prompt with a key can't be sent.
      const hasKey = name === 'what looks like a key';
      inputs.plan(...(hasKey ? [] : [enter]), escape);
      const workspace = new FakeMemento();
      await workspace.update(MEMENTOS.draft, { prompt: text, options: { user: text } });
      const memory = fakeWizardState(workspace);
      await runGenerateWizard(fakeWizardDependencies({ inputs, memory }), { at: 'prompt' });
      const pick = inputs.shown.find((input): input is FakePick => input instanceof FakePick);
      if (hasKey) return;
      assertPlain(pick?.prompt ?? pick?.items[0]?.detail ?? assert.fail('the draft is not offered'), 250);
    });

    it(`in the questions and messages about a preset: ${name}`, async () => {
      const notifications = new RecordingNotifications();
      let written: unknown = { [text]: { model: 'sora-2' } };
      const keeping = new PresetEditor({
        presets: new PresetStore({
          written: () => ({ user: written, workspace: undefined }),
          write: (_, value) => {
            written = value;
            return Promise.resolve();
          },
          log: quietLog,
        }),
        dialogs,
        notifications: notifications.notifications,
        commandTitles,
        looksLikeKey,
        log: quietLog,
        l10n: untranslatedL10n,
        language: 'en',
        hasWorkspace: () => false,
      });
      const agree = (question: { message: string }) => {
        assertVisible(question.message, 120);
        return true;
      };
      // Other names are refused while they are entered.
      if (text.trim().length <= 80 && !looksLikeKey(text)) {
        dialogs.willAnswer(text, true, ...(text === text.trim() ? [agree] : []));
        await keeping.save({ model: 'sora-2', prompt: 'a kite' });
        assert.equal(notifications.shown.length, 1);
      }
      dialogs.willAnswer(agree);
      const [preset] = keeping.read().presets;
      await keeping.remove(preset ?? assert.fail());
      for (const { message } of notifications.shown) assertPlain(message);
    });

    it(`in the question about an address: ${name}`, async () => {
      const keychain = { keyFor: () => Promise.resolve({ kind: 'notApproved' }), approve: ignore };
      const approval = new OriginApproval({
        keychain,
        dialogs,
        commandTitles,
        l10n: untranslatedL10n,
      } as unknown as ConstructorParameters<typeof OriginApproval>[0]);
      dialogs.willAnswer((question: { message: string; detail: string }) => {
        assertVisible(question.message, 150);
        assert.ok(!question.detail.includes(text));
        return false;
      });
      await approval.keyFor(text, 'person');
    });

    for (const [what, ask, phase] of [
      ['removing', removeTask, 'failed'],
      ['no longer tracking', stopTracking, 'running'],
    ] as const satisfies readonly [string, typeof removeTask, Phase][]) {
      it(`in the question about ${what} a task: ${name}`, async () => {
        const task = { id: 'a', phase, request: { model: text, prompt: text }, videos: [], createdAt: 0 };
        const opened = { tasks: () => [task] } as unknown as Engine;
        const engine = { open: () => Promise.resolve(opened) } as unknown as EngineAccess;
        dialogs.willAnswer((question: { message: string; detail: string }) => {
          const [prompt = '', ...others] = question.detail.split('\n');
          assertVisible(prompt, 120);
          assert.equal(others.length, 1);
          return false;
        });
        const { notifications } = new RecordingNotifications();
        await ask(
          { catalog, engine, dialogs, notifications, commandTitles, l10n: untranslatedL10n, language: 'en' },
          ['a'],
        );
        assert.equal(dialogs.left, 0);
      });
    }
  }
});
