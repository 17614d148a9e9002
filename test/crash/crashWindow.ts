// A window of the editor, as far as core is concerned, in its own process that can be killed at any moment:
// `node crashWindow.js FOLDER BASE_URL KEY SPEED [PROMPT USER]`. It prints `begin`, opens the store, and
// sends the prompt, if any. It prints `done` with all its tasks when nothing is unfinished. With an empty
// key, nothing can finish, so it prints that once it knows all tasks.
import type { Clock } from '../../src/core/common/clock';
import { untranslatedL10n } from '../../src/core/common/l10n';
import { Engine } from '../../src/core/engine';
import { isFinal } from '../../src/core/task/phases';
import { catalog, prepareRequest } from '../support/catalog';

/** The system's clock, but faster: half a minute passes in less than a second. */
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
  const [folder = '', baseUrl = '', key = '', speed = '1', prompt, user = ''] = process.argv.slice(2);
  // Everything is searched for the key.
  const log = (message: string) => say('log', message);
  say('begin');
  const engine = await Engine.open({
    storageFolder: folder,
    keys: {
      version: 0,
      looksLikeKey: () => false,
      keyFor: () =>
        Promise.resolve(key === '' ? { kind: 'none' } : { kind: 'key', key: { id: 'crash', value: key } }),
    },
    log: { trace: log, debug: log, info: log, warn: log, error: (message) => say('error', message) },
    catalog,
    l10n: untranslatedL10n,
    pollInterval: () => 3000,
    clock: fastClock(Number(speed)),
  });
  engine.start();
  if (prompt !== undefined) {
    const request = prepareRequest({ model: 'sora-2', prompt, options: { user } }, untranslatedL10n);
    const task = await engine.submit(request, { baseUrl, key: { id: 'crash', value: key } });
    say('sent', task.phase);
  }
  await engine.loaded();
  await new Promise<void>((resolve) => {
    const look = () => {
      if (key === '' || engine.tasks(Infinity).every((task) => isFinal(task.phase))) resolve();
    };
    engine.onDidChangeTasks(look);
    look();
  });
  say('done', engine.tasks(Infinity));
  engine.dispose();
}

main().catch((error: unknown) => {
  say('error', error instanceof Error ? error.stack : String(error));
  process.exitCode = 1;
});
