// @ts-check
import fs from 'node:fs';
import Mocha from 'mocha';

/** Mocha's usual output; the counts also go to the file named by NEBULA_TEST_RESULTS, to be added up. */
export default class CountingReporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env['NEBULA_TEST_RESULTS'];
    if (!file) return;
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(file, JSON.stringify({ passes, failures, pending }));
    });
  }
}
