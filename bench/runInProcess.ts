import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type * as z from 'zod';
import { projectRoot } from '../test/vscode/projectRoot';

/**
 * Runs a program in a fresh process, without warm caches or leftovers of other measurements.
 * @throws with its output if it fails
 */
export async function runInProcess<T>(
  program: string,
  order: unknown,
  report: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const script = path.join(projectRoot, 'out', 'bench', 'programs', `${program}.js`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, JSON.stringify(order)],
    { cwd: projectRoot, signal },
  );
  return report.parse(JSON.parse(stdout));
}
