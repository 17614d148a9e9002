import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { Task } from '../../src/api';
import { PROMPT_LANGUAGE } from '../../src/editor/generate/promptEditor/promptEditors';
import type { PretendGateway } from '../gateway/pretendGateway';
import {
  choose,
  enter,
  escape,
  press,
  pressAt,
  send,
  set,
  write,
  type FakePick,
  type FakeText,
} from '../support/fakeQuickInputs';
import type { Draft } from '../../src/editor/generate/wizard/wizardState';
import { closeEditors, newDocument, select } from './support/editors';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('asking for a video', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  const submits = () => gateway.log.filter(({ kind }) => kind === 'submit');

  before(async () => {
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(gateway.key);
    await setSetting('baseUrl', gateway.baseUrl);
    await setSetting('confirm', 'never');
    own = new TestApp();
    gateway.setFault({ name: 'taskFailed', route: 'submit', times: 'always' });
  });

  afterEach(async () => {
    own.dispose();
    gateway.clearFaults();
    await closeEditors();
  });

  after(() => leaveGateway(gateway));

  const run = (id: string, ...args: unknown[]) => own.app.commands.run(`nebulaVideo.${id}`, args);
  const front = () => vscode.window.activeTextEditor?.document;
  const lastText = () => own.inputs.shown.at(-1) as FakeText;
  const lastPick = () => own.inputs.shown.at(-1) as FakePick;

  describe('from a selection', () => {
    it('puts one line into the wizard, byte for byte and to be changed', async () => {
      await select('# Title\n  a kite 🪁\tover the sea  \nmore', [8, 34]);
      own.inputs.plan((input) => {
        assert.equal((input as FakeText).value, '  a kite 🪁\tover the sea  ');
        assert.deepEqual((input as FakeText).valueSelection, [26, 26]);
        enter(input);
      }, enter);
      const task = (await run('generateFromSelection')) as Task;
      assert.equal(task.request.prompt, '  a kite 🪁\tover the sea  ');
    });

    it('opens several lines in an editor, with their line ends, and sends them from there', async () => {
      const text = '  one\r\n\r\ntwo  \r\n';
      await select(`${text}three\r\n`, [0, text.length]);
      await run('generateFromSelection');
      assert.equal(own.inputs.shown.length, 0);
      assert.equal(front()?.languageId, PROMPT_LANGUAGE);
      assert.equal(front()?.getText(), text);
      own.inputs.plan(...set(['Length', '12 s'], ['Size', '1280×720 (landscape)']), send);
      const task = (await run('sendPrompt')) as Task;
      assert.deepEqual(submits().at(-1)?.body, {
        model: 'sora-2',
        prompt: text,
        seconds: '12',
        size: '1280x720',
      });
      assert.equal(task.phase, 'queued');
      // The prompt belongs to the task now, so VS Code must not offer to save the editor.
      assert.notEqual(front()?.languageId, PROMPT_LANGUAGE);
      assert.equal(own.dialogs.asked.length, 0);
    });

    it('empties an editor that is behind another one when its prompt is a task’s', async () => {
      const document = await newDocument({ language: PROMPT_LANGUAGE, content: 'a kite\nover the sea' });
      await vscode.window.showTextDocument(document);
      gateway.setFault({ route: 'submit', name: 'slow', args: { ms: 3_000 } });
      own.inputs.plan((input) => {
        enter(input);
        void newDocument({ content: 'something else' }).then((other) =>
          vscode.window.showTextDocument(other),
        );
      });
      const task = (await run('sendPrompt')) as Task;
      assert.equal(task.phase, 'queued');
      assert.equal(front()?.getText(), 'something else');
      assert.equal(document.getText(), '');
    });

    it('joins the texts of several cursors from top to bottom, and shows them first', async () => {
      await select('one two three', [8, 13], [4, 4], [0, 3]);
      own.dialogs.willAnswer('all');
      await run('generateFromSelection');
      assert.equal(front()?.getText(), 'one\nthree');
      assert.equal(front()?.languageId, PROMPT_LANGUAGE);
    });

    it('says so when nothing is selected', async () => {
      await closeEditors();
      await run('generateFromSelection');
      assert.match(own.notifications.last.message, /^Select the text to use as the prompt\.$/);
      await select(' \n\t\n');
      await run('generateFromSelection');
      assert.match(own.notifications.last.message, /^Select the text to use as the prompt\.$/);
      assert.equal(own.inputs.shown.length, 0);
    });

    it('warns of a huge selection, and takes it after a yes', async () => {
      await select('x'.repeat(32_001));
      own.dialogs.willAnswer(false);
      await run('generateFromSelection');
      assert.notEqual(front()?.languageId, PROMPT_LANGUAGE);
      own.dialogs.willAnswer((question: { message: string; detail: string }) => {
        assert.match(question.message, /32,001 characters/);
        assert.match(question.detail, /^Very long prompt\. The gateway might reject it\.$/);
        return true;
      });
      await run('generateFromSelection');
      assert.equal(front()?.languageId, PROMPT_LANGUAGE);
      assert.equal(front()?.getText().length, 32_001);
    });
  });

  describe('in an editor', () => {
    it('begins in the prompt step, and goes on after it', async () => {
      own.inputs.plan((input) => {
        (input as FakeText).type('a kite ');
        press('Edit in Editor')(input);
      });
      await run('generate');
      assert.equal(front()?.getText(), 'a kite ');
      const before = submits().length;
      own.inputs.plan(escape);
      await run('sendPrompt', front()?.uri);
      assert.match(lastPick().rows[0] ?? '', /Generate Video$/);
      assert.equal(submits().length, before);
      // Still there, and the same editor when it is asked for again.
      assert.equal(front()?.languageId, PROMPT_LANGUAGE);
      own.inputs.plan(press('Edit in Editor'));
      await run('generate');
      assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 1);
    });

    it('goes on with what was chosen before it was opened', async () => {
      own.inputs.plan(
        ...[write('a kite'), ...set(['Model', 'Veo 3'], ['Length', '8 s'])],
        ...[press(), press('Edit in Editor')],
      );
      await run('generate');
      await vscode.window.activeTextEditor?.edit((edit) =>
        edit.insert(new vscode.Position(0, 6), '\nat sea'),
      );
      own.inputs.plan(enter);
      await run('sendPrompt');
      assert.deepEqual(submits().at(-1)?.body, {
        ...{ model: 'veo-3.0-generate-001', prompt: 'a kite\nat sea', durationSeconds: 8 },
        ...{ aspectRatio: '16:9', resolution: '1080p', generateAudio: false, sampleCount: 1 },
        personGeneration: 'allow_all',
      });
    });

    it('goes on with the request of an earlier task, its images included', async () => {
      const image = 'https://pictures.example/boat.png';
      const made = await own.app.api.generate({
        ...{ model: 'wan2.5-i2v-preview', prompt: 'one\r\ntwo', options: { resolution: '480p', seed: 7 } },
        images: [{ role: 'first', source: image }],
      });
      own.inputs.plan(choose('Edit in Editor'));
      await run('editAndGenerate', made.id);
      assert.equal(front()?.getText(), 'one\r\ntwo');
      await vscode.window.activeTextEditor?.edit((edit) => edit.insert(new vscode.Position(1, 3), ' three'));
      own.inputs.plan(enter);
      const task = (await run('sendPrompt')) as Task;
      assert.deepEqual(task.request, { ...made.request, prompt: 'one\r\ntwo three' });
      assert.equal((submits().at(-1)?.body as { image: string }).image, image);
      // The next one has none of that.
      await select('three\nfour');
      await run('generateFromSelection');
      own.inputs.plan(escape);
      await run('sendPrompt');
      assert.ok(!(own.inputs.shown.at(-1)?.placeholder ?? '').includes('image'));
      assert.deepEqual(own.mementos.workspace.get<Draft>('wizard.draft')?.images ?? [], []);
    });

    it('keeps the editor when the gateway refuses', async () => {
      gateway.clearFaults();
      gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
      await select('one\ntwo');
      await run('generateFromSelection');
      own.inputs.plan(enter);
      await run('sendPrompt');
      assert.equal(front()?.getText(), 'one\ntwo');
    });

    it('sends nothing from an empty prompt, or from anywhere else', async () => {
      own.inputs.plan(press('Edit in Editor'));
      await run('generate');
      await run('sendPrompt');
      assert.match(own.notifications.last.message, /^Enter a prompt\.$/);
      await select('a text of somebody else');
      await run('sendPrompt');
      assert.match(own.notifications.last.message, /^Open a prompt editor first\.$/);
      assert.equal(own.inputs.shown.length, 1);
    });

    it('says above the text where to go from here', async () => {
      await select('one\ntwo');
      await run('generateFromSelection');
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        front()?.uri,
      );
      const titles = lenses.map(({ command }) => command?.title);
      assert.ok(titles.includes('$(send) Generate from Prompt…'));
      assert.ok(titles.includes('7 characters'));
    });

    it('says above the text what the model chosen before may not read', async () => {
      const made = await own.app.api.generate({
        model: 'wan2.5-t2v-preview',
        prompt: `x\n${'y'.repeat(799)}`,
      });
      own.inputs.plan(choose('Edit in Editor'));
      await run('editAndGenerate', made.id);
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        front()?.uri,
      );
      const titles = lenses.map(({ command }) => command?.title ?? '');
      assert.ok(
        titles.some((title) => title.startsWith('Longer than 800 characters.')),
        titles.join(', '),
      );
    });
  });

  describe('again', () => {
    it('opens the last step with the same request, and pays only after Enter', async () => {
      const made = await own.app.api.generate({ ...aRequest('one\r\ntwo'), options: { seconds: '12' } });
      const before = submits().length;
      own.inputs.plan(escape);
      await run('generateAgain', made.id);
      assert.equal(submits().length, before);
      assert.match(lastPick().rows[0] ?? '', /Generate Video$/);
      own.inputs.plan(enter);
      own.dialogs.willAnswer(true);
      const task = (await run('generateAgain', { id: made.id })) as Task;
      assert.deepEqual(task.request, made.request);
      assert.notEqual(task.id, made.id);
      assert.deepEqual(submits().at(-1)?.body, submits().at(-2)?.body);
      assert.equal(task.basedOn, made.id);
      assert.equal(made.basedOn, undefined);
    });

    it('keeps the link where the prompt is edited in an editor', async () => {
      const made = await own.app.api.generate(aRequest('one\ntwo'));
      own.inputs.plan(choose('Edit in Editor'));
      await run('editAndGenerate', made.id);
      own.inputs.plan(enter);
      own.dialogs.willAnswer(true);
      const task = (await run('sendPrompt')) as Task;
      assert.equal(task.basedOn, made.id);
      assert.deepEqual(task.request, made.request);
    });

    it('links an edited prompt to the earlier task too, also over a restart; the row says so while it is there', async () => {
      const made = await own.app.api.generate(aRequest('a kite'));
      own.inputs.plan(write('a red kite'), enter);
      const task = (await run('editAndGenerate', made.id)) as Task;
      assert.equal(task.request.prompt, 'a red kite');
      own.reopen();
      const { rows, api } = own.app;
      assert.equal((await api.settled(task.id)).basedOn, made.id);
      const hover = async () => {
        await rows.getChildren();
        const { tooltip } = rows.resolveTreeItem(rows.getTreeItem(task.id), task.id);
        assert.ok(tooltip instanceof vscode.MarkdownString);
        return tooltip.value;
      };
      assert.match(await hover(), /\*\*Based on\*\* \\'a kite \\\(\d+\\\)\\'/);
      await api.settled(made.id);
      own.dialogs.willAnswer(true);
      await run('removeTask', made.id);
      assert.doesNotMatch(await hover(), /Based on/);
      assert.equal(api.task(task.id)?.basedOn, made.id);
    });

    it('asks for the family of a model that no setting names any more, and keeps it', async () => {
      await setSetting('models', [{ id: 'studio-x', family: 'veo' }]);
      const made = await own.app.api.generate({ model: 'studio-x', prompt: 'a kite on Mars' });
      await setSetting('models', undefined);
      own.dialogs.willAnswer(undefined);
      await run('generateAgain', made.id);
      assert.equal(own.inputs.shown.length, 0);
      own.dialogs.willAnswer(
        (question: { choices: { value: unknown }[] }) => question.choices[0]?.value,
        true,
      );
      own.inputs.plan(enter);
      const task = (await run('generateAgain', made.id)) as Task;
      assert.deepEqual(task.request, made.request);
      const setting = vscode.workspace.getConfiguration('nebulaVideo').inspect('models');
      assert.deepEqual(setting?.globalValue, [{ id: 'studio-x', family: 'veo' }]);
      await setSetting('models', undefined);
    });

    it('asks which one when it is not told', async () => {
      await run('generateAgain');
      assert.match(own.notifications.last.message, /^No matching tasks\.$/);
      const made = await own.app.api.generate(aRequest());
      own.dialogs.willAnswer(undefined);
      await run('generateAgain');
      own.dialogs.willAnswer((question: { choices: { value: Task }[] }) => question.choices[0]?.value);
      own.inputs.plan(press(), escape);
      await run('generateAgain');
      assert.equal(lastText().value, made.request.prompt);
      // A request of an earlier task is no draft.
      own.inputs.plan(escape);
      await run('generate');
      assert.equal(lastText().value, '');
    });
  });

  it('saves the request of a task as a preset, which the next video can start from', async () => {
    const setting = () => vscode.workspace.getConfiguration('nebulaVideo').inspect('presets');
    await run('savePreset');
    assert.match(own.notifications.last.message, /^No matching tasks\.$/);
    const made = await own.app.api.generate({ ...aRequest('one\r\ntwo'), options: { seconds: '12' } });
    const before = submits().length;
    own.dialogs.willAnswer('Mine', true, 'user');
    await run('savePreset', made.id);
    const { model, prompt, options } = made.request;
    assert.deepEqual(setting()?.globalValue, { Mine: { model, prompt, options } });
    own.dialogs.willAnswer((question: { choices: { value: Task }[] }) => question.choices[0]?.value);
    own.dialogs.willAnswer('Mine', false, 'user', false);
    await run('savePreset');
    assert.equal(own.dialogs.left, 0);
    assert.equal(submits().length, before);
    own.inputs.plan(press('Start from Preset'), choose('Mine'), choose('Use Prompt'), enter);
    own.dialogs.willAnswer(true);
    const task = (await run('generate')) as Task;
    assert.deepEqual(task.request, made.request);
    // Changing a read setting must not change the settings themselves.
    own.inputs.plan(
      ...[press('Start from Preset'), choose('Mine'), choose('New Prompt'), write('x')],
      ...[...set(['Length', '4 s']), escape],
    );
    await run('generate');
    assert.deepEqual(setting()?.globalValue, { Mine: { model, prompt, options } });
    own.dialogs.willAnswer(true);
    own.inputs.plan(press('Discard'), press('Start from Preset'), pressAt('Mine'), escape);
    await run('generate');
    assert.equal(setting()?.globalValue, undefined);
  });

  it('sends to another model what its own questions were answered with', async () => {
    own.inputs.plan(
      ...[press('Model'), choose('Veo 3 Fast'), write('a kite')],
      ...set(['Length', '6 s'], ['Aspect Ratio', '9:16 (portrait)'], ['Resolution', '720p']),
      ...[...set(['Videos', '2']), send],
    );
    const task = (await run('generate')) as Task;
    assert.deepEqual(submits().at(-1)?.body, {
      ...{ model: 'veo-3.0-fast-generate-001', prompt: 'a kite', durationSeconds: 6, aspectRatio: '9:16' },
      ...{ resolution: '720p', sampleCount: 2, personGeneration: 'allow_all' },
    });
    assert.equal(task.request.options?.['sampleCount'], 2);
    own.reopen();
    own.inputs.plan(escape);
    await run('generate');
    assert.equal(own.inputs.shown.at(-1)?.title, 'Generate Video · Veo 3 Fast');
  });

  it('remembers the last choices in the next window', async () => {
    own.inputs.plan(write('a'), ...set(['Length', '12 s'], ['Size', '1280×720 (landscape)']), send);
    await run('generate');
    own.reopen();
    own.inputs.plan(write('b'), enter);
    const task = (await run('generate')) as Task;
    assert.deepEqual(task.request.options, { seconds: '12', size: '1280x720' });
  });
});
