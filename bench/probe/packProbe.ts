import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../test/vscode/projectRoot';

const manifest = {
  name: 'bench-probe',
  publisher: 'nebula-video-bench',
  version: '1.0.0',
  description: 'Times the activation of others.',
  engines: { vscode: '^1.109.0' },
  extensionKind: ['workspace'],
  main: './extension.js',
  // Starts before "onStartupFinished", which waits for it.
  activationEvents: ['*'],
};

/**
 * Packages the probe for a regular installation.
 * @returns the `.vsix` file
 */
export async function packProbe(folder: string): Promise<string> {
  const source = path.join(folder, 'probe');
  const vsix = path.join(folder, 'probe.vsix');
  await mkdir(source);
  await writeFile(path.join(source, 'package.json'), JSON.stringify(manifest));
  await copyFile(
    path.join(projectRoot, 'out', 'bench', 'probe', 'extension.js'),
    path.join(source, 'extension.js'),
  );
  const vsce = path.join(projectRoot, 'node_modules', '@vscode', 'vsce', 'vsce');
  const flags = [
    '--no-dependencies',
    '--allow-missing-repository',
    '--skip-license',
    '--allow-star-activation',
  ];
  await promisify(execFile)(process.execPath, [vsce, 'package', ...flags, '--out', vsix], { cwd: source });
  return vsix;
}
