import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { startSession, type Session } from '../vscode/session';
import type { Workbench } from '../vscode/workbench';

const prompt = 'a lighthouse in a storm';
const keys = 'Control+Alt+Shift+KeyG';

/**
 * The extension host dies in the middle of a paid task, as it does when an extension crashes it, the system runs out
 * of memory or the laptop's battery is empty.
 */
describe('a killed extension host', function () {
  let gateway: PretendGateway;
  let session: Session;
  let window: Workbench;

  before(async () => {
    // As slow as it takes to kill the host while the task is being rendered.
    gateway = await startPretendGateway({ render: { unknownMs: 1000, queuedMs: 2000, runningMs: 600_000 } });
    session = await startSession({
      name: 'killed-host',
      extension: 'linked',
      settings: {
        'nebulaVideo.baseUrl': gateway.baseUrl,
        'nebulaVideo.confirm': 'never',
        'nebulaVideo.pollSeconds': 3,
      },
      env: { NEBULA_API_KEY: gateway.key },
    });
    const request = { model: 'sora-2', prompt, options: { seconds: '4', size: '1280x720' } };
    fs.writeFileSync(
      path.join(session.profile.userData, 'User', 'keybindings.json'),
      JSON.stringify([{ key: 'ctrl+alt+shift+g', command: 'nebulaVideo.generate', args: request }]),
    );
    window = await session.open({});
    await window.ready();
  });
  after(async () => {
    await session.stop();
    await gateway.stop();
  });

  /** Waits for something that happens elsewhere: in the gateway, or among processes. */
  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`In a minute it did not happen that ${what}.`);
      await window.page.waitForTimeout(50);
    }
  }

  const submits = () => gateway.log.filter((record) => record.kind === 'submit').length;
  const queries = () => gateway.log.filter((record) => record.kind === 'query').length;
  const row = (state: string) =>
    window.page.locator(`.monaco-list-row[aria-label*="${prompt}"][aria-label*="${state}"]`);

  it('comes back, goes on with the task and saves the video, with one submit', async () => {
    await window.runCommand('Nebula Video: Focus on Tasks View');
    await window.press(keys);
    await row('Running').waitFor({ timeout: 60_000 });
    assert.equal(submits(), 1);

    const [before] = session.server.extensionHosts();
    assert.ok(before !== undefined);
    assert.equal(session.server.killExtensionHosts(), 1);
    const asked = queries();
    await until('another extension host started', () => {
      const hosts = session.server.extensionHosts();
      return hosts.length > 0 && !hosts.includes(before);
    });
    // Nobody touches anything: the new host goes on by itself.
    await until('the task was asked about again', () => queries() > asked);
    const [task] = gateway.tasks;
    assert.ok(task);
    gateway.finishTask(task.id);
    await row('Ready').waitFor({ timeout: 60_000 });
    await window.screenshot('killed-host-saved');
    assert.equal(submits(), 1);
    assertOneVideo();
  });

  it('a reload of the window still shows it, and asks for nothing more', async () => {
    const asked = gateway.log.length;
    await window.reload();
    await row('Ready').waitFor({ timeout: 60_000 });
    assert.equal(gateway.log.length, asked);
    assertOneVideo();
  });

  /** Exactly one whole video lies in the library, with its sidecar. */
  function assertOneVideo(): void {
    const storage = path.join(session.profile.userData, 'User', 'globalStorage', 'nebula-video.nebula-video');
    const library = path.join(storage, 'library');
    const files = fs.readdirSync(library).filter((file) => !file.startsWith('.'));
    assert.deepEqual(files.map((file) => path.extname(file)).sort(), ['.json', '.mp4']);
    const sidecar = files.find((file) => file.endsWith('.json')) ?? '';
    const { video } = JSON.parse(fs.readFileSync(path.join(library, sidecar), 'utf8')) as {
      video: { bytes: number };
    };
    assert.equal(fs.statSync(path.join(library, sidecar.replace(/json$/, 'mp4'))).size, video.bytes);
    assert.deepEqual(fs.readdirSync(path.join(library, '.parts')), []);
  }
});
