import fs from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { failureText } from '../setup/failureText.mjs';

/** Environment variables that select tests and receive the result. */
const GREP_VARIABLE = 'NEBULA_TEST_GREP';
const RESULTS_VARIABLE = 'NEBULA_TEST_RESULTS';

/** VS Code calls this in the extension host. Rejects when a test fails. */
export async function run(): Promise<void> {
  const grep = process.env[GREP_VARIABLE];
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 30_000,
    // Printed lines are passed on by a window.
    color: process.env['FORCE_COLOR'] !== undefined,
    ...(grep ? { fgrep: grep } : {}),
  });
  for (const name of fs.readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(path.join(__dirname, name));
  }
  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    const results = process.env[RESULTS_VARIABLE];
    if (!results) return;
    const failed: string[] = [];
    runner.on('fail', (test, error) => failed.push(failureText(test, error)));
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
      fs.writeFileSync(results, JSON.stringify({ passes, failures, pending, failed }));
    });
  });
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
