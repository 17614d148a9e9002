// Runs test/host in the extension host of a real VS Code from npm: "npm test -- host".
import path from 'node:path';
import { interruption } from './interruption';
import { projectRoot } from './projectRoot';
import { runHostSuite } from './runHostSuite';

async function main(): Promise<number> {
  return runHostSuite({
    name: 'host',
    suite: path.join(projectRoot, 'out', 'test', 'host', 'index.js'),
    // What the suite prints comes here by way of a window, and is coloured as this terminal likes it.
    env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {},
    signal: interruption(),
    limitMs: 15 * 60_000,
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
