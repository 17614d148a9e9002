// A window of the editor, as far as the store is concerned, in a process of its own.
//   node damageWindow.js FOLDER
// It says `here` when it could open the store, opens it on the first word from its parent, and says `open` with how
// that went; it closes when its input ends.
import { english } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';

async function main(): Promise<void> {
  const [storageFolder = ''] = process.argv.slice(2);
  const quiet = () => undefined;
  const words = process.stdin[Symbol.asyncIterator]();
  process.stdout.write('here\n');
  await words.next();
  const engine = await Engine.open({
    storageFolder,
    // Without a key nothing is asked: only the store is of interest.
    keys: { looksLikeKey: () => false, keyFor: () => Promise.resolve({ kind: 'none' }) },
    log: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    l10n: english,
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
