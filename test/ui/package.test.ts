import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultsOfPackage, loadedBytes } from '../support/packageSearch';
import { unzip } from '../support/zip';
import { projectRoot, testFolder } from '../vscode/projectRoot';

describe('the package as it ships', () => {
  it('holds no test, no key and no path of this machine', () => {
    const files = unzip(readFileSync(path.join(testFolder, 'nebula-video.vsix')));
    assert.ok(files.has('extension/dist/extension.js') && files.has('extension/package.json'));
    assert.deepEqual(faultsOfPackage(files, [projectRoot]), []);
  });

  it('loads little for the first command', () => {
    const files = unzip(readFileSync(path.join(testFolder, 'nebula-video.vsix')));
    const bytes = loadedBytes(files, 'extension/dist/', 'app.js');
    assert.ok(bytes <= 330 * 1024, `the app has ${bytes} bytes`);
    assert.ok(bytes > 200 * 1024, 'the app was not found');
  });
});
