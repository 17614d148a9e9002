// @ts-check
import fs from 'node:fs';
import Mocha from 'mocha';
import { failureText } from './failureText.mjs';

/**
 * Prints Mocha's usual output. Also writes the counts and failures to the file named by NEBULA_TEST_RESULTS,
 * so that a long run can sum them up and repeat them at its end.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env['NEBULA_TEST_RESULTS'];
    if (!file) return;
    /** @type {string[]} */
    const failed = [];
    runner.on('fail', (test, error) => failed.push(failureText(test, error)));
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(file, JSON.stringify({ passes, failures, pending, failed }));
    });
  }
}
