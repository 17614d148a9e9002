import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../../src/core/common/clock';
import { createImagePipeline, toImageField } from '../../src/core/images/createImagePipeline';
import { selectionOrder } from '../../src/editor/imageFit/imagePicker';
import { loadImage } from '../gateway/image';
import { limitsFor } from '../support/catalog';

describe('a picture in the extension host', () => {
  let folder: string;

  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'nebula-host-images-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is read through the file systems of the editor, fitted in its thread, and kept', async () => {
    const extension = vscode.extensions.getExtension('nebula-video.nebula-video');
    assert.ok(extension);
    const faults: string[] = [];
    const silent = () => undefined;
    const images = createImagePipeline({
      worker: path.join(extension.extensionPath, 'dist', 'imageWorker.js'),
      folder,
      files: {
        size: async (uri) => (await vscode.workspace.fs.stat(vscode.Uri.parse(uri, true))).size,
        read: async (uri) => vscode.workspace.fs.readFile(vscode.Uri.parse(uri, true)),
      },
      clock: systemClock,
      l10n: vscode.l10n,
      log: { trace: silent, debug: silent, info: silent, warn: silent, error: (line) => faults.push(line) },
    });
    try {
      const limits = limitsFor('sora', { size: '1280x720' });
      assert.ok(limits);
      const source = vscode.Uri.joinPath(extension.extensionUri, 'media', 'icon.png').toString();
      const image = await images.fit(source, limits, { mode: { kind: 'blur' } });
      const arrived = await loadImage(toImageField(image));
      assert.deepEqual([arrived?.width, arrived?.height], [1280, 720]);
      const kept = vscode.Uri.parse(await images.keep(image), true);
      assert.equal((await vscode.workspace.fs.stat(kept)).size, image.kind === 'image' && image.bytes.length);
      assert.deepEqual(faults, []);
    } finally {
      images.dispose();
    }
  });
});

describe('the image picker', () => {
  it('keeps the order in which images were selected', () => {
    let order: readonly string[] = [];
    // VS Code reports the selection in list order.
    const selections = [['c'], ['a', 'c'], ['a', 'b', 'c'], ['a', 'b'], ['a', 'b', 'c'], []];
    const orders = selections.map((selected) => (order = selectionOrder(order, selected)).join(''));
    assert.deepEqual(orders, ['c', 'ca', 'cab', 'ab', 'abc', '']);
  });
});
