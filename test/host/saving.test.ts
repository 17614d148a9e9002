import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as vscode from 'vscode';
import type { Task } from '../../src/api';
import { systemClock } from '../../src/core/common/clock';
import { PartRecords } from '../../src/editor/library/partRecords';
import { WorkspaceFolderPicker } from '../../src/editor/library/workspaceFolderPicker';
import { VideoExporter } from '../../src/editor/library/videoExporter';
import { Settings } from '../../src/editor/common/settings';
import { commandTitles } from '../support/commandTitles';
import { FakeMemento } from '../support/fakeMemento';
import { ScriptedDialogs } from '../support/scriptedDialogs';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { MemoryFiles } from './support/memoryFiles';
import { TestApp } from './support/testApp';

const quiet = (): void => undefined;
const silent = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

describe('saving videos', () => {
  let gateway: PretendGateway;
  let own: TestApp;
  let task: Task;
  let place: string;

  before(async () => {
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new TestApp();
    const { id } = await own.app.api.generate(aRequest('a paper boat'));
    task = await own.app.api.settled(id);
    assert.equal(task.phase, 'saved');
  });

  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'nebula-place-'));
  });

  afterEach(() => rmSync(place, { recursive: true, force: true }));

  after(async () => {
    own.dispose();
    await leaveGateway(gateway);
  });

  const folder = (uri: vscode.Uri, name = 'place'): vscode.WorkspaceFolder => ({ uri, name, index: 0 });
  const saverWith = (values: Record<string, unknown>) =>
    new VideoExporter({
      settings: new Settings((name) => values[name]),
      parts: new PartRecords({
        folder: path.join(place, '..', 'nebula-exports'),
        clock: systemClock,
        log: silent,
      }),
      log: silent,
    });
  const source = () => fileURLToPath(task.videos[0]?.uri ?? '');

  it('goes to the folder and the name that the settings say', async () => {
    const saver = saverWith({ saveFolder: 'docs/media', fileName: '{slug}-{seconds}s-{size}' });
    const { saved, error } = await saver.saveTo(folder(vscode.Uri.file(place)), task);
    assert.equal(error, undefined);
    const files = readdirSync(path.join(place, 'docs', 'media'));
    assert.match(files.join(), /^a-paper-boat-\d+-4s-1280x720\.mp4$/);
    const copy = path.join(place, 'docs', 'media', files[0] ?? '');
    assert.equal(saved[0]?.fsPath, copy);
    assert.deepEqual(readFileSync(copy), readFileSync(source()));
  });

  it('never overwrites: the next one gets a number', async () => {
    const saver = saverWith({ saveFolder: '.', fileName: 'clip' });
    writeFileSync(path.join(place, 'clip.mp4'), 'mine');
    for (let turn = 0; turn < 2; turn++) await saver.saveTo(folder(vscode.Uri.file(place)), task);
    assert.deepEqual(readdirSync(place).sort(), ['clip-2.mp4', 'clip-3.mp4', 'clip.mp4']);
    assert.equal(readFileSync(path.join(place, 'clip.mp4'), 'utf8'), 'mine');
  });

  it('counts a copy that is there as saved, where it is to be saved once', async () => {
    const saver = saverWith({ saveFolder: '', fileName: 'clip' });
    const first = await saver.saveTo(folder(vscode.Uri.file(place)), task, true);
    const second = await saver.saveTo(folder(vscode.Uri.file(place)), task, true);
    assert.deepEqual(first, second);
    assert.deepEqual(readdirSync(place), ['clip.mp4']);
    writeFileSync(path.join(place, 'clip.mp4'), Buffer.alloc(task.videos[0]?.bytes ?? 0));
    await saver.saveTo(folder(vscode.Uri.file(place)), task, true);
    assert.deepEqual(readdirSync(place).sort(), ['clip-2.mp4', 'clip.mp4']);
  });

  for (const saveFolder of ['..', '../outside', '/tmp', 'C:\\videos', 'a/../../b']) {
    it(`refuses to leave the workspace: ${saveFolder}`, async () => {
      const { saved, error } = await saverWith({ saveFolder }).saveTo(folder(vscode.Uri.file(place)), task);
      assert.deepEqual(saved, []);
      assert.deepEqual(error, { kind: 'badFolder', value: saveFolder });
      assert.deepEqual(readdirSync(place), []);
    });
  }

  it('says which placeholder stands for nothing', async () => {
    const saver = saverWith({ fileName: '{date}-{price}' });
    const { error } = await saver.saveTo(folder(vscode.Uri.file(place)), task);
    assert.deepEqual(error, { kind: 'badName', value: '{price}' });
  });

  it('writes into a workspace that is on no disk', async () => {
    const files = new MemoryFiles();
    const registered = vscode.workspace.registerFileSystemProvider('nebula-memory', files);
    try {
      const target = folder(vscode.Uri.parse('nebula-memory:/'));
      const saver = saverWith({ fileName: 'clip' });
      assert.equal((await saver.saveTo(target, task)).error, undefined);
      assert.equal((await saver.saveTo(target, task)).error, undefined);
      assert.deepEqual([...files.files.keys()], ['/videos/clip.mp4', '/videos/clip-2.mp4']);
      assert.equal(files.files.get('/videos/clip.mp4')?.length, task.videos[0]?.bytes);
    } finally {
      registered.dispose();
    }
  });

  it('writes to a single file that a browser has handed out, with nothing beside it', async () => {
    const files = new MemoryFiles();
    files.only = '/picked/mine.mp4';
    const registered = vscode.workspace.registerFileSystemProvider('nebula-picked', files);
    try {
      const [video] = task.videos;
      assert.ok(video);
      const target = vscode.Uri.parse('nebula-picked:/picked/mine.mp4');
      assert.equal((await saverWith({}).saveAs(video, target)).error, undefined);
      assert.deepEqual([...files.files.keys()], ['/picked/mine.mp4']);
      assert.equal(files.files.get('/picked/mine.mp4')?.length, video.bytes);
    } finally {
      registered.dispose();
    }
  });

  it('says of a read-only workspace that it is one', async () => {
    const files = new MemoryFiles();
    const registered = vscode.workspace.registerFileSystemProvider('nebula-fixed', files, {
      isReadonly: true,
    });
    try {
      const target = folder(vscode.Uri.parse('nebula-fixed:/'), 'fixed');
      const { saved, error } = await saverWith({}).saveTo(target, task);
      assert.deepEqual(saved, []);
      assert.deepEqual(error, { kind: 'readOnly', folder: 'fixed' });
      assert.equal(files.files.size, 0);
    } finally {
      registered.dispose();
    }
  });

  it('says so when the library’s file is gone', async () => {
    const [video] = task.videos;
    assert.ok(video);
    const gone = { ...task, videos: [{ ...video, uri: `${video.uri}.gone` }] };
    const { error } = await saverWith({}).saveTo(folder(vscode.Uri.file(place)), gone);
    assert.deepEqual(error, { kind: 'missing' });
    assert.deepEqual(readdirSync(place), []);
  });

  describe('in a workspace of several folders', () => {
    const folders = ['one', 'two'].map((name) => folder(vscode.Uri.parse(`file:///${name}`), name));
    const rootsOf = (memory: vscode.Memento, dialogs: ScriptedDialogs, all = folders) =>
      new WorkspaceFolderPicker({ folders: () => all, memory, dialogs, commandTitles, l10n: vscode.l10n });

    it('asks once which one, and remembers it as long as it is there', async () => {
      const memory = new FakeMemento();
      const dialogs = new ScriptedDialogs();
      dialogs.willAnswer(folders[1]);
      assert.equal(rootsOf(memory, dialogs).quiet?.name, 'one');
      assert.equal((await rootsOf(memory, dialogs).choose())?.name, 'two');
      assert.equal((await rootsOf(memory, dialogs).choose())?.name, 'two');
      assert.equal(rootsOf(memory, dialogs).quiet?.name, 'two');
      assert.equal(dialogs.asked.length, 1);
      const third = folder(vscode.Uri.parse('file:///three'), 'three');
      dialogs.willAnswer(undefined);
      assert.equal(await rootsOf(memory, dialogs, [third, folders[0]!]).choose(), undefined);
      assert.equal(dialogs.asked.length, 2);
    });

    it('asks nothing where there is one, or none', async () => {
      const roots = rootsOf(new FakeMemento(), new ScriptedDialogs(), folders.slice(0, 1));
      assert.equal((await roots.choose())?.name, 'one');
      const none = rootsOf(new FakeMemento(), new ScriptedDialogs(), []);
      assert.ok(none.isEmpty);
      assert.equal(await none.choose(), undefined);
      assert.equal(none.quiet, undefined);
    });
  });

  describe('by command', () => {
    const workspace = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const run = (name: string, ...args: unknown[]) =>
      own.app.commands.run(`nebulaVideo.${name}` as 'nebulaVideo.saveAs', args);

    beforeEach(() => {
      own.notifications.shown.length = 0;
      own.desktop.done.length = 0;
    });

    afterEach(() => {
      own.desktop.isHere = true;
      own.desktop.opens = true;
      rmSync(path.join(workspace(), 'videos'), { recursive: true, force: true });
    });

    it('Save to Workspace: from a row, several rows, or the palette', async () => {
      await run('saveToWorkspace', task.id);
      assert.match(
        own.notifications.last.message,
        /^Saved to 'videos\/[\d-]+-sora-2-a-paper-boat-\d+\.mp4'\.$/,
      );
      assert.deepEqual(own.notifications.last.actions, ['Reveal File', 'Open']);
      await run('saveToWorkspace', task.id, [task.id]);
      own.dialogs.willAnswer(task);
      await run('saveToWorkspace');
      assert.equal(readdirSync(path.join(workspace(), 'videos')).length, 3);
      await run('saveToWorkspace', 'no such task');
      assert.match(own.notifications.last.message, /^No matching tasks\.$/);
    });

    it('counts as seen what was saved', async () => {
      const { id } = await own.app.api.generate(aRequest('to be seen'));
      await own.app.api.settled(id);
      const before = own.view.badge?.value ?? 0;
      assert.ok(before > 0);
      await run('saveToWorkspace', id);
      assert.equal(own.view.badge?.value ?? 0, before - 1);
    });

    it('Save As: where the user says, and over what they agreed to lose', async () => {
      const target = vscode.Uri.file(path.join(place, 'mine.mp4'));
      writeFileSync(target.fsPath, 'old');
      own.desktop.targets.push(target);
      await run('saveAs', task.id);
      assert.deepEqual(readFileSync(target.fsPath), readFileSync(source()));
      const [suggestion] = own.desktop.suggestions;
      assert.match(suggestion?.path ?? '', /a-paper-boat-\d+\.mp4$/);
      // The library's own file stays what it is.
      own.desktop.targets.push(vscode.Uri.file(source()));
      await run('saveAs', task.id);
      assert.ok(existsSync(source()));
      own.desktop.targets.push(undefined);
      own.notifications.shown.length = 0;
      await run('saveAs', task.id);
      assert.deepEqual(own.notifications.shown, []);
      // Enter alone must not overwrite anything.
      await run('saveToWorkspace', task.id);
      own.desktop.targets.push(undefined);
      await run('saveAs', task.id);
      const free = own.desktop.suggestions.at(-1);
      assert.ok(free && !existsSync(free.fsPath) && path.dirname(free.fsPath).endsWith('videos'));
    });

    it('Save As: says when the place cannot be written to', async () => {
      writeFileSync(path.join(place, 'file'), '');
      own.desktop.targets.push(vscode.Uri.file(path.join(place, 'file', 'clip.mp4')));
      await run('saveAs', task.id);
      assert.match(own.notifications.last.message, /^Couldn't save the video|^Can't write to/);
      assert.ok(own.notifications.last.actions.includes('Save As…'));
    });

    it('opens and reveals where the user sits', async () => {
      await run('openExternally', task.id);
      await run('revealVideo', task.id);
      await run('openLibrary');
      const video = vscode.Uri.parse(task.videos[0]?.uri ?? '').toString();
      assert.deepEqual(own.desktop.done, [
        ['open', video],
        ['fileManager', video],
        ['open', vscode.Uri.file(path.dirname(source())).toString()],
      ]);
      own.desktop.opens = false;
      await run('openExternally', task.id);
      assert.deepEqual(own.notifications.last.actions, ['Save As…']);
    });

    it('offers to save first where the user’s programs are elsewhere', async () => {
      own.desktop.isHere = false;
      for (const name of ['openExternally', 'revealVideo']) {
        await run(name, task.id);
        assert.deepEqual(own.notifications.last.actions, ['Save As…']);
        assert.match(own.notifications.last.message, /on the remote machine/);
      }
      await run('openLibrary');
      assert.ok(own.notifications.last.message.includes(path.dirname(source())));
      assert.deepEqual(own.desktop.done, []);
    });

    it('copies prompts byte for byte', async () => {
      await run('copyPrompt', task.id);
      assert.deepEqual(own.desktop.done, [['copy', task.request.prompt]]);
    });

    it('a missing file: a sentence with Look Again, a row that shows it, and another fetch', async () => {
      const { id } = await own.app.api.generate(aRequest('to be lost'));
      const lost = await own.app.api.settled(id);
      rmSync(fileURLToPath(lost.videos[0]?.uri ?? ''));
      await own.app.rows.getChildren();
      assert.equal(own.app.rows.getTreeItem(id).contextValue, 'task ended removable missing again');
      for (const name of ['openExternally', 'revealVideo', 'saveToWorkspace']) {
        await run(name, id);
        assert.match(own.notifications.last.message, /isn't in the library anymore/);
        assert.deepEqual(own.notifications.last.actions, ['Check Again']);
      }
      await run('lookAgain', id);
      assert.equal((await own.app.api.settled(id)).phase, 'saved');
      assert.ok(existsSync(fileURLToPath(lost.videos[0]?.uri ?? '')));
      await run('lookAgain', id);
      assert.match(own.notifications.last.message, /^No matching tasks\.$/);
    });

    it('Attach Task ID: follows the gateway’s task, whose answer was lost', async () => {
      gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
      const request = aRequest('an answer lost');
      const { id, phase } = await own.app.api.generate(request);
      assert.equal(phase, 'unknown');
      const made = gateway.tasks.at(-1);
      assert.ok(made);
      own.dialogs.willAnswer((question: { validate(text: string): string | undefined }) => {
        assert.ok(question.validate('') !== undefined && question.validate('a b') !== undefined);
        return ` ${made.id}\n`;
      });
      await run('attachTaskId', id);
      assert.equal((await own.app.api.settled(id)).phase, 'saved');
      await run('attachTaskId', id);
      assert.match(own.notifications.last.message, /^No matching tasks\.$/);
    });
  });

  describe('by itself', () => {
    const workspace = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const saved = () =>
      existsSync(path.join(workspace(), 'videos')) ? readdirSync(path.join(workspace(), 'videos')) : [];
    const until = async (what: string, holds: () => boolean) => {
      const deadline = Date.now() + 10_000;
      while (!holds()) {
        if (Date.now() > deadline) throw new Error(`It did not happen that ${what}.`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    afterEach(async () => {
      await setSetting('autoSave', undefined);
      rmSync(path.join(workspace(), 'videos'), { recursive: true, force: true });
    });

    it('saves what this workspace has asked for, once, over two windows', async () => {
      await setSetting('autoSave', true);
      const second = own.openSecondWindow();
      const { id } = await own.app.api.generate(aRequest('saved by itself'));
      await own.app.api.settled(id);
      await until('it was saved', () => saved().length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(saved().length, 1, saved().join());
      assert.match(saved().join(), /saved-by-itself/);
      second.dispose();
    });

    it('saves nothing without the setting, nor what another workspace asked for', async () => {
      const { id } = await own.app.api.generate(aRequest('not to be saved'));
      await own.app.api.settled(id);
      await setSetting('autoSave', true);
      own.reopen();
      const asked = await own.app.api.generate(aRequest('asked for elsewhere'));
      own.mementos.workspace.entries.clear();
      await own.app.api.settled(asked.id);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.deepEqual(saved(), []);
    });

    it('saves on the next start what got ready meanwhile', async () => {
      const { id } = await own.app.api.generate(aRequest('ready overnight'));
      // As if the window had been closed before it got ready.
      await own.app.api.settled(id);
      await own.mementos.workspace.update('sentTasks', [id]);
      await setSetting('autoSave', true);
      own.reopen();
      await until('it was saved', () => saved().length === 1);
    });
  });
});
