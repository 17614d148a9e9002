// Counts the engine's timers while nothing is unfinished, before and after a task.
import { setTimeout as delay } from 'node:timers/promises';
import { Engine } from '../../src/core/engine';
import { engineOptions } from '../engineOptions';
import { downloadOrder, runProgram } from './program';

const CALM_MS = 500;

runProgram(downloadOrder, async ({ folder, key }) => {
  const engine = await Engine.open(engineOptions(folder, key));
  engine.start();
  const [task] = engine.tasks();
  if (!task) throw new Error('There is no task in the store.');
  const before = await timers();
  if (!(await engine.checkAgain(task.id))) throw new Error('The task is not followed again.');
  const during = countTimers();
  const ended = await engine.waitForTask(task.id);
  if (ended?.phase !== 'saved') throw new Error(`The task ended as ${ended?.phase ?? 'nothing'}.`);
  // The last change causes brief follow-up work.
  await delay(CALM_MS);
  return { before, during, after: await timers() };
});

/** Calls {@link countTimers} after all queued callbacks have run. */
async function timers(): Promise<number> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  return countTimers();
}

/** Counts timers that keep this process alive. */
function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
