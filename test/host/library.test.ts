import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import * as vscode from 'vscode';
import type { Task } from '../../src/api';
import { EditorDesktop } from '../../src/editor/common/desktop';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { makeNewerStore } from './support/newerStore';
import { TestApp } from './support/testApp';
import { storeFile } from '../support/storeFile';
import { commandTitles } from '../support/commandTitles';

describe('the library', () => {
  let gateway: PretendGateway;
  let own: TestApp;

  before(async () => {
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new TestApp();
  });

  afterEach(() => {
    own.dispose();
    gateway.clearFaults();
  });

  after(() => leaveGateway(gateway));

  const run = (id: string, ...args: unknown[]) => own.app.commands.run(`nebulaVideo.${id}`, args);
  const fileOf = (task: Task) => fileURLToPath(task.videos[0]?.uri ?? '');

  async function saved(prompt?: string): Promise<Task> {
    const { id } = await own.app.api.generate(aRequest(prompt));
    const task = await own.app.api.settled(id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    return task;
  }

  describe('Recover Lost Videos', () => {
    it('looks again for what has no video, takes over what is not listed, and says both at once', async () => {
      const forgotten = await saved('forgotten');
      own.dialogs.willAnswer(true);
      await run('removeTask', forgotten.id);
      const missing = await saved('file gone');
      rmSync(fileOf(missing));
      const before = gateway.log.filter(({ kind }) => kind === 'submit').length;
      await run('rescue');
      assert.equal(own.notifications.last.message, 'Videos recovered: 1. Tasks being checked: 1.');
      assert.deepEqual(own.app.api.task(forgotten.id)?.videos, forgotten.videos);
      assert.equal((await own.app.api.settled(missing.id)).phase, 'saved');
      assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, before);
      await run('rescue');
      assert.match(own.notifications.last.message, /^Nothing to recover\.$/);
    });

    it('of one task whose outcome is not known: the library is searched, and the way out is named', async () => {
      gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
      const { id, phase } = await own.app.api.generate(aRequest());
      assert.equal(phase, 'unknown');
      await run('rescue', id);
      assert.match(own.notifications.last.message, /To check the gateway, attach a task ID/);
      assert.deepEqual(own.notifications.last.actions, ['Attach Task ID…']);
      assert.equal(own.app.api.task(id)?.phase, 'unknown');
    });

    it('says when nothing can be written down', async () => {
      own.dispose();
      own = new TestApp(makeNewerStore);
      await run('rescue');
      assert.match(own.notifications.last.message, /newer version/);
    });
  });

  describe('Clean Up Library', () => {
    interface Question {
      readonly title: string;
      readonly choices: readonly {
        readonly value: unknown;
        readonly label: string;
        readonly description: string;
        readonly detail?: string;
        readonly picked?: boolean;
      }[];
    }
    const all = ({ choices }: Question) => choices.map(({ value }) => value);

    it('shows what the library takes up, and each video with its state; Escape removes nothing', async () => {
      const task = await saved('to be kept');
      let asked: Question | undefined;
      own.dialogs.willAnswer((question: Question) => {
        asked = question;
        return undefined;
      });
      await run('cleanLibrary');
      assert.match(asked?.title ?? '', /^Clean Up Library · [\d.]+ [kM]B$/);
      const [choice] = asked?.choices ?? [];
      assert.match(choice?.label ?? '', /to be kept/);
      assert.match(choice?.description ?? '', /^sora-2 · .+ · [\d.]+ [kM]B$/);
      assert.equal(choice?.detail, 'new, not saved');
      assert.equal(choice.picked, false);
      assert.ok(existsSync(fileOf(task)));
    });

    it('ticks beforehand what is old, and was seen or saved elsewhere; nothing else', async () => {
      const [old, seen, copied] = [await saved('old'), await saved('seen'), await saved('seen and old')];
      own.app.dispose();
      const database = new DatabaseSync(storeFile(own.storageFolder));
      const age = database.prepare('UPDATE tasks SET created_at = created_at - ?, seen_at = ? WHERE id = ?');
      const fortnight = 14 * 24 * 3600_000;
      age.run(fortnight, null, old.id);
      age.run(0, Date.now(), seen.id);
      age.run(fortnight, Date.now(), copied.id);
      database.close();
      own.reopen();
      own.dialogs.willAnswer(({ choices }: Question) => {
        const ticked = choices.filter(({ picked }) => picked).map(({ label }) => label);
        assert.deepEqual(ticked, [copied.request.prompt]);
        return [];
      });
      await run('cleanLibrary');
      assert.equal(own.dialogs.left, 0);
    });

    it('takes a video that was never seen only after a yes to a question that counts', async () => {
      const tasks = [await saved('one'), await saved('two')];
      own.dialogs.willAnswer(all, (question: { message: string; action: string }) => {
        assert.equal(question.message, "Delete videos that you haven't watched or saved (2)?");
        return false;
      });
      await run('cleanLibrary');
      assert.ok(tasks.every((task) => existsSync(fileOf(task))));
      assert.equal(own.desktop.trash.length, 0);
      own.dialogs.willAnswer(all, true);
      await run('cleanLibrary');
      assert.ok(tasks.every((task) => !existsSync(fileOf(task))));
      assert.match(own.notifications.last.message, /^Moved [\d.]+ [kM]B to the trash\.$/);
      assert.equal(own.dialogs.left, 0);
    });

    it('asks nothing more about what was saved elsewhere; its row stays and can be fetched again', async () => {
      const task = await saved('copied');
      const place = mkdtempSync(path.join(tmpdir(), 'nebula-copy-'));
      own.desktop.targets.push(vscode.Uri.file(path.join(place, 'copy.mp4')));
      await run('saveAs', task.id);
      await own.app.rows.getChildren();
      own.dialogs.willAnswer((question: Question) => {
        assert.equal(question.choices[0]?.detail, undefined);
        return all(question);
      });
      await run('cleanLibrary');
      assert.ok(!existsSync(fileOf(task)));
      assert.ok(existsSync(path.join(place, 'copy.mp4')));
      await own.app.rows.getChildren();
      const row = own.app.rows.getTreeItem(task.id);
      assert.match(String(row.description), /^File deleted · /);
      assert.equal(row.contextValue, 'task ended removable missing again');
      await run('lookAgain', task.id);
      assert.equal((await own.app.api.settled(task.id)).phase, 'saved');
      assert.ok(existsSync(fileOf(task)));
      rmSync(place, { recursive: true });
    });

    it('without a trash it asks first, once, and says what could not be removed', async () => {
      own.desktop.hasTrash = false;
      const [first, second] = [await saved('first'), await saved('second')];
      own.dialogs.willAnswer(all, true, false);
      await run('cleanLibrary');
      assert.ok(existsSync(fileOf(first)) && existsSync(fileOf(second)));
      own.desktop.keeps = fileOf(second);
      own.dialogs.willAnswer(all, true, (question: { message: string }) => {
        assert.equal(question.message, 'Delete permanently?');
        return true;
      });
      await run('cleanLibrary');
      assert.deepEqual([existsSync(fileOf(first)), existsSync(fileOf(second))], [false, true]);
      assert.match(
        own.notifications.last.message,
        /^Some files couldn't be deleted\. Deleted [\d.]+ [kM]B\.$/,
      );
      assert.equal(own.notifications.last.severity, 'warning');
    });

    it('says so when there is nothing to remove', async () => {
      await run('cleanLibrary');
      assert.match(own.notifications.last.message, /^The library has nothing to delete\.$/);
    });

    it('removes through the editor itself', async () => {
      const place = mkdtempSync(path.join(tmpdir(), 'nebula-trash-'));
      const file = vscode.Uri.file(path.join(place, 'file.mp4'));
      writeFileSync(file.fsPath, 'x');
      const desktop = new EditorDesktop(true, commandTitles);
      // Not every system has a trash; then the file must still be there.
      const trashed = await desktop.moveToTrash(file);
      assert.equal(existsSync(file.fsPath), !trashed);
      await desktop.deleteForGood(file);
      assert.ok(!existsSync(file.fsPath));
      // A missing file isn't an error.
      await desktop.deleteForGood(file);
      rmSync(place, { recursive: true });
    });
  });
});
