// @ts-check

/**
 * One failed test in a few lines: its name and the beginning of its error.
 * @param {{ fullTitle(): string }} test
 * @param {unknown} error
 * @returns {string}
 */
export function failureText(test, error) {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [test.fullTitle(), ...stack.split('\n').slice(0, 12)].join('\n    ');
}
