// Downloads a video as the extension does, from the store's row to the library.
import { fileURLToPath } from 'node:url';
import { Engine } from '../../src/core/engine';
import { engineOptions } from '../engineOptions';
import { downloadOrder, mostResidentBytes, residentBytes, runProgram, settle } from './program';

runProgram(downloadOrder, async ({ folder, key }) => {
  const engine = await Engine.open(engineOptions(folder, key));
  await settle();
  const idle = residentBytes();
  const [task] = engine.tasks();
  if (!task) throw new Error('There is no task in the store.');
  const started = performance.now();
  engine.start();
  const ended = await engine.waitForTask(task.id);
  const ms = performance.now() - started;
  const [video] = ended?.videos ?? [];
  if (ended?.phase !== 'saved' || !video) {
    throw new Error(`The video was not saved: ${ended?.failure?.message ?? ended?.phase ?? 'no task'}`);
  }
  const overIdle = mostResidentBytes() - idle;
  await engine.close();
  return { ms, file: fileURLToPath(video.uri), overIdle };
});
