import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './waiting';
import { useStage } from './stage';

const prompt = 'a lighthouse in a storm';

/**
 * The extension host dies in the middle of a paid task, as it does when an extension crashes it, the system runs out
 * of memory or the laptop's battery is empty.
 */
describe('a killed extension host', function () {
  const stage = useStage({
    name: 'killed-host',
    // As slow as it takes to kill the host while the task is being rendered.
    render: { unknownMs: 1000, queuedMs: 2000, runningMs: 600_000 },
    settings: { 'nebulaVideo.confirm': 'never' },
    prompts: [prompt],
  });
  const queries = () => stage.gateway.log.filter((record) => record.kind === 'query').length;
  const row = (state: string) =>
    stage.window.page.locator(`.monaco-list-row[aria-label*="${prompt}"][aria-label*="${state}"]`);

  it('comes back, goes on with the task and saves the video, with one submit', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await stage.send(prompt);
    await row('Generating').waitFor({ timeout: 60_000 });
    assert.equal(stage.submits, 1);

    const [before] = stage.session.server.extensionHosts();
    assert.ok(before !== undefined);
    assert.equal(stage.session.server.killExtensionHosts(), 1);
    const asked = queries();
    await until('another extension host', () => {
      const hosts = stage.session.server.extensionHosts();
      return hosts.length > 0 && !hosts.includes(before);
    });
    // The new host continues automatically.
    await until('the task is asked about again', () => queries() > asked);
    const [task] = stage.gateway.tasks;
    assert.ok(task);
    stage.gateway.finishTask(task.id);
    await row('Done').waitFor({ timeout: 60_000 });
    await stage.window.screenshot('killed-host-saved');
    assert.equal(stage.submits, 1);
    assertOneVideo();
  });

  it('a reload of the window still shows it, and asks for nothing more', async () => {
    const asked = stage.gateway.log.length;
    await stage.window.reload();
    await row('Done').waitFor({ timeout: 60_000 });
    assert.equal(stage.gateway.log.length, asked);
    assertOneVideo();
  });

  /** Checks that the library has exactly one complete video, with its sidecar. */
  function assertOneVideo(): void {
    const storage = path.join(
      stage.session.profile.userData,
      'User',
      'globalStorage',
      'nebula-video.nebula-video',
    );
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
