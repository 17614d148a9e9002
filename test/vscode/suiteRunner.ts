import { createRequire } from 'node:module';
import { format } from 'node:util';
import { outputMark, suiteVariable } from './suiteOutput';

/** Messages that VS Code prints in every host, because the server runs without its native modules. */
const nativeModuleNoise = /could not locate the bindings file|Cannot find module '\.\/build\/Release\//i;

/**
 * VS Code calls this in the extension host. It runs the suite named by the environment, and marks every line
 * that the host prints meanwhile. The window mixes them with its own messages, and only the marked ones are
 * shown.
 */
export async function run(): Promise<void> {
  const unmark = markOutput();
  try {
    const file = process.env[suiteVariable];
    if (!file) throw new Error(`No suite is named in ${suiteVariable}.`);
    const suite = createRequire(__filename)(file) as { run(): Promise<void> };
    await suite.run();
  } catch (error) {
    // The message is for the user. VS Code prints the stack for the log.
    console.error(error instanceof Error ? error.message : error);
    throw error;
  } finally {
    unmark();
  }
}

/** VS Code protects the console against assignment, but not against redefinition. */
function markOutput(): () => void {
  const levels = ['log', 'info', 'warn', 'error'] as const;
  const print = console.log.bind(console);
  const originals = levels.map((level) => Object.getOwnPropertyDescriptor(console, level));
  const marked = (...values: unknown[]): void => {
    const text = format(...values);
    const mark = nativeModuleNoise.test(text) ? '' : outputMark;
    for (const line of text.split('\n')) print(mark + line);
  };
  for (const level of levels) {
    Object.defineProperty(console, level, { value: marked, configurable: true });
  }
  return () => {
    levels.forEach((level, index) => {
      const original = originals[index];
      if (original) Object.defineProperty(console, level, original);
    });
  };
}
