// Runs test/host in the extension host of the desktop VS Code: "npm run test:desktop".
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { createProfile } from './profile';
import { projectRoot } from './projectRoot';

/** Provides a virtual screen on machines without one. */
const screenMaker = 'xvfb-run';

function hasScreen(): boolean {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

/** Runs this script again with a virtual screen. */
function runUnderScreenMaker(): number {
  const { error, status } = spawnSync(screenMaker, ['-a', process.execPath, __filename], {
    stdio: 'inherit',
  });
  if (error) {
    throw new Error(
      `The desktop VS Code needs a screen: set DISPLAY, or install ${screenMaker} (Debian: apt-get install xvfb).`,
      { cause: error },
    );
  }
  return status ?? 1;
}

async function main(): Promise<number> {
  if (!hasScreen()) return runUnderScreenMaker();
  const profile = createProfile('desktop');
  try {
    const installed = process.env['VSCODE_EXECUTABLE'];
    return await runTests({
      // Without an installed one, the current VS Code is downloaded into .vscode-test.
      ...(installed ? { vscodeExecutablePath: installed } : {}),
      extensionDevelopmentPath: projectRoot,
      extensionTestsPath: path.join(projectRoot, 'out', 'test', 'host', 'index.js'),
      extensionTestsEnv: { NEBULA_API_KEY: undefined },
      launchArgs: [
        profile.workspace,
        `--user-data-dir=${profile.userData}`,
        `--extensions-dir=${profile.extensions}`,
        '--disable-telemetry',
      ],
    });
  } finally {
    profile.remove();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
