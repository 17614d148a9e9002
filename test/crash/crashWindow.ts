// A window of the editor, as far as core is concerned, in a process of its own that can be killed at any moment.
//   node crashWindow.js FOLDER BASE_URL KEY SPEED [PROMPT]
// With a prompt it first sends that. It says `done` with all its tasks when nothing is unfinished.
import type { Clock } from '../../src/core/common/clock';
import { english } from '../../src/core/common/l10n';
import { Engine } from '../../src/core/engine';
import { prepareRequest } from '../../src/core/models/prepareRequest';
import { isEnd } from '../../src/core/task/phases';

/** The system's clock, faster: half a minute passes in less than a second. */
function fastClock(speed: number): Clock {
  return {
    now: () => Math.round(Date.now() * speed),
    setTimeout: (callback, ms) => {
      const timer = setTimeout(callback, ms / speed);
      return { dispose: () => clearTimeout(timer) };
    },
  };
}

function say(word: string, value?: unknown): void {
  process.stdout.write(`${word} ${JSON.stringify(value ?? null)}\n`);
}

async function main(): Promise<void> {
  const [folder = '', baseUrl = '', key = '', speed = '1', prompt] = process.argv.slice(2);
  // All of it is searched for the key.
  const log = (message: string) => say('log', message);
  const engine = await Engine.open({
    storageFolder: folder,
    keys: {
      looksLikeKey: () => false,
      keyFor: () => Promise.resolve({ kind: 'key', key: { id: 'crash', value: key } }),
    },
    log: { trace: log, debug: log, info: log, warn: log, error: (message) => say('error', message) },
    l10n: english,
    pollInterval: () => 3000,
    clock: fastClock(Number(speed)),
  });
  engine.start();
  say('open');
  if (prompt !== undefined) {
    const request = prepareRequest({ model: 'sora-2', prompt }, english);
    const task = await engine.submit(request, { baseUrl, key: { id: 'crash', value: key } });
    say('sent', task.phase);
  }
  await new Promise<void>((resolve) => {
    const look = () => {
      if (engine.tasks().every((task) => isEnd(task.phase))) resolve();
    };
    engine.onDidChangeTasks(look);
    look();
  });
  say('done', engine.tasks());
  engine.dispose();
}

main().catch((error: unknown) => {
  say('error', error instanceof Error ? error.stack : String(error));
  process.exitCode = 1;
});
