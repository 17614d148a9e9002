import { strict as assert } from 'node:assert';
import { PackageManager, listFiles } from '@vscode/vsce';
import manifest from '../../../package.json';
import { projectRoot } from '../../vscode/projectRoot';

describe('the package', () => {
  it('holds what runs and what is read, and nothing else', async function () {
    this.timeout(30_000);
    const files = await listFiles({ cwd: projectRoot, packageManager: PackageManager.None });
    const expected = [
      /^dist\/[\w/-]+\.(js|css)$/,
      /^media\/[\w/-]+\.(svg|png|css)$/,
      /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
      /^package(\.nls(\.[\w-]+)?)?\.json$/,
      /^(README\.md|CHANGELOG\.md|LICENSE)$/,
    ];
    for (const file of files)
      assert.ok(
        expected.some((kind) => kind.test(file)),
        `${file} has no business there`,
      );
    for (const file of [manifest.main.replace('./', ''), 'dist/app.js', manifest.icon, 'package.nls.json']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  it('brings everything in its bundles', () => {
    assert.ok(!('dependencies' in manifest));
  });

  it('can be listed in the marketplace', () => {
    assert.ok(manifest.keywords.length <= 30);
    assert.match(manifest.icon, /\.png$/);
  });
});
