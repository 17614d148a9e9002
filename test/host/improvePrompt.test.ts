import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { LanguageModelError } from '../../src/editor/generate/promptEditor/languageModels';
import { PROMPT_LANGUAGE } from '../../src/editor/generate/promptEditor/promptEditors';
import { closeEditors, newDocument } from './support/editors';
import { TestApp } from './support/testApp';

const PROMPT = 'a paper boat\r\non a rainy street, she says “hello”';
const BETTER = 'A paper boat drifts along a rainy street.\nShe says “hello”.';

describe('improving a prompt', () => {
  let own: TestApp;
  let document: vscode.TextDocument;

  beforeEach(async () => {
    own = new TestApp();
    own.languageModels.names = ['Model One'];
    own.languageModels.answer = () => Promise.resolve(BETTER);
    document = await newDocument({ language: PROMPT_LANGUAGE, content: PROMPT });
    await vscode.window.showTextDocument(document);
  });
  afterEach(async () => {
    own.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors').then(undefined, () => undefined);
    await closeEditors();
  });

  const improve = async () => own.app.commands.run('nebulaVideo.improvePrompt', [document.uri]);
  const diff = () =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .find(({ input }) => input instanceof vscode.TabInputTextDiff);

  /** Until something holds that the editor does in its own time. */
  async function until(condition: () => boolean): Promise<void> {
    const limit = performance.now() + 10_000;
    while (!condition()) {
      assert.ok(performance.now() < limit, 'it did not come to pass');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('shows the differences, and changes nothing by itself', async () => {
    await improve();
    const input = diff()?.input as vscode.TabInputTextDiff;
    assert.equal(input.original.toString(), document.uri.toString());
    const suggestion = await vscode.workspace.openTextDocument(input.modified);
    assert.equal(suggestion.getText(), BETTER);
    assert.equal(document.getText(), PROMPT);
    assert.deepEqual(own.notifications.last.actions, ['Use Prompt', 'Discard']);
    const [asked] = own.languageModels.asked;
    assert.ok(asked?.text.endsWith(`\n\n${PROMPT}`), 'the prompt goes to the model byte for byte');
  });

  it('takes it over by the user’s word, in one step that can be undone', async () => {
    own.notifications.willChoose('Use Prompt');
    await improve();
    await until(() => diff() === undefined);
    assert.equal(document.getText().replaceAll('\r\n', '\n'), BETTER);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), PROMPT);
  });

  it('keeps the user’s own, and closes what was shown', async () => {
    own.notifications.willChoose('Discard');
    await improve();
    await until(() => diff() === undefined);
    assert.equal(document.getText(), PROMPT);
  });

  it('is for the text that was asked about: one that was changed meanwhile stays', async () => {
    let change: Thenable<unknown> = Promise.resolve();
    own.languageModels.answer = async () => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(0, 0), 'changed ');
      change = vscode.workspace.applyEdit(edit);
      await change;
      return BETTER;
    };
    own.notifications.willChoose('Use Prompt');
    await improve();
    await until(() => own.notifications.last.message.includes('The prompt has changed since'));
    assert.equal(document.getText(), `changed ${PROMPT}`);
  });

  it('sends no API key to a language model', async () => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), `sk-${'a1b2c3d4'.repeat(6)} `);
    await vscode.workspace.applyEdit(edit);
    await improve();
    assert.match(own.notifications.last.message, /contains an API key/);
    assert.deepEqual(own.languageModels.asked, []);
    assert.equal(diff(), undefined);
  });

  it('asks which model where there are several, and nothing when that is left', async () => {
    own.languageModels.names = ['Model One', 'Model Two'];
    own.dialogs.willAnswer(undefined);
    await improve();
    assert.equal(own.languageModels.asked.length, 0);
    own.dialogs.willAnswer((question: { choices: { label: string; value: unknown }[] }) => {
      assert.deepEqual(
        question.choices.map(({ label }) => label),
        ['Model One', 'Model Two'],
      );
      return question.choices[1]?.value;
    });
    await improve();
    assert.deepEqual(
      own.languageModels.asked.map(({ model }) => model),
      ['Model Two'],
    );
  });

  for (const [what, answer, said] of [
    ['nothing', ' \n', /suggested no changes/],
    ['the same', `  ${PROMPT}\n`, /suggested no changes/],
    ['the same in a fence', '```text\n' + PROMPT + '\n```', /suggested no changes/],
  ] as const) {
    it(`says so when the model answers with ${what}`, async () => {
      own.languageModels.answer = () => Promise.resolve(answer);
      await improve();
      assert.match(own.notifications.last.message, said);
      assert.equal(diff(), undefined);
    });
  }

  it('says so when the model refuses, and when there is none', async () => {
    own.languageModels.answer = () => Promise.reject(new LanguageModelError('Not [now](command:x).'));
    await improve();
    assert.equal(own.notifications.last.message, "Model One couldn't improve the prompt.");
    assert.deepEqual(own.notifications.last.actions, ['Show Log']);
    own.languageModels.names = [];
    await improve();
    assert.match(own.notifications.last.message, /^No language model is available\./);
    assert.equal(document.getText(), PROMPT);
  });

  it('is offered above the prompt while there is a model, and not otherwise', async () => {
    const titles = async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
      );
      return lenses.map(({ command }) => command?.title ?? '');
    };
    const offers = async () => (await titles()).some((title) => title.includes('Improve Prompt…'));
    await offers();
    assert.equal(await offers(), true);
    own.languageModels.names = [];
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await offers(), false);
  });
});
