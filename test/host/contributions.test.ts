import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import manifest from '../../package.json';
import texts from '../../package.nls.json';
import { theApi } from './support/extension';

describe('what package.json contributes', () => {
  it('is registered, command by command, and nothing else is', async () => {
    await theApi();
    const registered = (await vscode.commands.getCommands(true)).filter((id) =>
      id.startsWith('nebulaVideo.'),
    );
    // VS Code adds commands for views, such as focus and toggle.
    const ours = registered.filter((id) => !id.startsWith('nebulaVideo.tasks.')).sort();
    assert.deepEqual(ours, manifest.contributes.commands.map(({ command }) => command).sort());
  });

  it('has its texts in every place where VS Code shows them', () => {
    const extension = vscode.extensions.getExtension('nebula-video.nebula-video');
    assert.ok(extension);
    const shown = JSON.stringify(extension.packageJSON);
    for (const key of Object.keys(texts)) assert.ok(!shown.includes(`%${key}%`), `${key} is not replaced`);
  });

  it('has its settings with their defaults', () => {
    const settings = vscode.workspace.getConfiguration('nebulaVideo');
    assert.equal(settings.inspect('baseUrl')?.defaultValue, 'https://llm.ai-nebula.com');
    assert.equal(settings.inspect('confirm')?.defaultValue, 'always');
    assert.equal(settings.inspect('pollSeconds')?.defaultValue, 5);
  });
});
