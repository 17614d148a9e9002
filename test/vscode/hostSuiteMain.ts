// Runs test/host in the extension host of a real VS Code from npm: "npm test -- host".
import path from 'node:path';
import { MARKER_KEY } from '../host/support/markerKey';
import { leaks } from '../support/keySearch';
import { interruption } from './interruption';
import { projectRoot } from './projectRoot';
import { runHostSuite } from './runHostSuite';

async function main(): Promise<number> {
  const output: string[] = [];
  let places: readonly string[] | undefined;
  const code = await runHostSuite({
    name: 'host',
    suite: path.join(projectRoot, 'out', 'test', 'host', 'index.js'),
    // The suite's output arrives through a window, and should be colored as this terminal supports it.
    env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {},
    signal: interruption(),
    limitMs: 15 * 60_000,
    onLine: (line) => {
      output.push(line);
      console.log(line);
    },
    // The profile also contains the editor's own logs and everything that its windows printed.
    atLast: ({ folder }) => {
      places = leaks(MARKER_KEY, { folder, texts: { 'the output': output } });
    },
  });
  if (!places) throw new Error('What the run left behind was not searched for the key.');
  if (places.length > 0) throw new Error(`The key leaked to ${places.join(', ')}.`);
  return code;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
