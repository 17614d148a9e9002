// A window in its own process, as far as the store is concerned: `node damageWindow.js FOLDER [hold]`. Prints
// `here` when it can open the store, opens it on the first input, and prints `open` with the result. It
// closes when its input ends. With `hold`, it starts a repair instead, prints `holds`, and never ends it.
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { systemClock } from '../../../src/core/common/clock';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { buildingPath } from '../../../src/core/store/storeLocation';
import { StoreLock } from '../../../src/core/store/storeLock';
import { catalog } from '../../support/catalog';

async function main(): Promise<void> {
  const [storageFolder = '', order] = process.argv.slice(2);
  const quiet = () => undefined;
  const words = process.stdin[Symbol.asyncIterator]();
  process.stdout.write('here\n');
  await words.next();
  if (order === 'hold') {
    const folder = path.join(storageFolder, STORAGE_NAMES.store);
    writeFileSync(buildingPath(folder, 2), 'half a database');
    await new StoreLock(folder).own(systemClock, async () => {
      process.stdout.write('holds\n');
      await new Promise(() => process.stdin.resume());
    });
  }
  const engine = await Engine.open({
    storageFolder,
    // Without a key, no request is sent. Only the store is tested.
    keys: { version: 0, looksLikeKey: () => false, keyFor: () => Promise.resolve({ kind: 'none' }) },
    log: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    catalog,
    l10n: untranslatedL10n,
    pollInterval: () => 5000,
  });
  engine.start();
  process.stdout.write(`open ${JSON.stringify(engine.readOnly ?? 'writable')}\n`);
  await words.next();
  await engine.close();
}

main().catch((error: unknown) => {
  process.stdout.write(`open ${JSON.stringify(String(error))}\n`);
  process.exitCode = 1;
});
