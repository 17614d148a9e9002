import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultsOfPackage } from '../support/packageSearch';
import { unzip } from '../support/zip';
import { projectRoot, testFolder } from '../vscode/projectRoot';

describe('the package as it ships', () => {
  it('holds no test, no key and no path of this machine', () => {
    const files = unzip(readFileSync(path.join(testFolder, 'nebula-video.vsix')));
    assert.ok(files.has('extension/dist/extension.js') && files.has('extension/package.json'));
    assert.deepEqual(faultsOfPackage(files, [projectRoot]), []);
  });
});
