import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type * as z from 'zod';
import { projectRoot } from '../test/vscode/projectRoot';

/**
 * Runs one of the programs in a fresh process, where nothing is warm and no other measurement has left anything.
 * @throws with what it printed when it fails
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
