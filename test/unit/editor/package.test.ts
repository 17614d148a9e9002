import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PackageManager, listFiles } from '@vscode/vsce';
import { IMAGE_EXTENSIONS } from '../../../src/core/images/imageLimits';
import manifest from '../../../package.json';
import { requiredBy } from '../../support/packageSearch';
import { projectRoot } from '../../vscode/projectRoot';

describe('the package', () => {
  it('holds what runs and what is read, and nothing else', async function () {
    this.timeout(120_000);
    const files = await listFiles({ cwd: projectRoot, packageManager: PackageManager.None });
    const expected = [
      /^dist\/[\w/-]+\.(js|css)$/,
      /^dist\/(\w+\.wasm\.br|NOTICES\.txt)$/,
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

  it('brings what works on pictures: its bundles and the codecs that they load', async () => {
    const files = await listFiles({ cwd: projectRoot, packageManager: PackageManager.None });
    const codecs = readFileSync(path.join(projectRoot, 'dist', 'imageWorker.js'), 'utf8').match(
      /\w+\.wasm\.br/g,
    );
    assert.ok(new Set(codecs).size >= 6);
    for (const file of ['imageWorker.js', ...new Set(codecs)]) {
      assert.ok(files.includes(`dist/${file}`), `${file} is missing`);
    }
  });

  it('brings every part that the app loads on first use', async () => {
    const files = await listFiles({ cwd: projectRoot, packageManager: PackageManager.None });
    const loaded = files
      .filter((file) => file.startsWith('dist/') && file.endsWith('.js'))
      .flatMap((file) => requiredBy(readFileSync(path.join(projectRoot, file), 'utf8')));
    assert.ok(loaded.some(({ isLazy }) => isLazy));
    for (const { file } of loaded) assert.ok(files.includes(`dist/${file}`), `${file} is missing`);
  });

  it('brings the licences of what is in its bundles', () => {
    const notices = readFileSync(path.join(projectRoot, 'dist', 'NOTICES.txt'), 'utf8');
    for (const name of [
      'zod',
      'lit',
      '@vscode-elements/elements',
      '@jsquash/avif',
      '@jsquash/jpeg',
      '@jsquash/webp',
      'pdfjs-dist',
    ]) {
      assert.ok(notices.includes(`${name}\n`) || notices.includes(`${name}, `), `${name} is not named`);
    }
    assert.ok(notices.includes('Alliance for Open Media') && notices.includes('libavif'));
    assert.ok(notices.includes('work of the Independent JPEG Group'));
    assert.ok(notices.includes('Apache License') && notices.includes('Colin McDonnell'));
  });

  it('brings everything in its bundles', () => {
    assert.ok(!('dependencies' in manifest));
  });

  it('offers every image that can be sent in the explorer', () => {
    const when = manifest.contributes.menus['explorer/context'][0]?.when;
    const pattern = /=~ \/(.+)\/i$/.exec(when ?? '')?.[1] ?? '';
    for (const extension of IMAGE_EXTENSIONS) assert.match(`.${extension}`, new RegExp(pattern), extension);
  });

  it('can be listed in the marketplace', () => {
    assert.ok(manifest.keywords.length <= 30);
    assert.match(manifest.icon, /\.png$/);
  });
});
