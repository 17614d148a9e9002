// Submits text prompts in sequence, and commits a bare row of the same size between them.
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { untranslatedL10n } from '../../src/core/common/l10n';
import { Engine } from '../../src/core/engine';
import { KEY_ID, engineOptions } from '../engineOptions';
import { runProgram } from './program';
import { prepareRequest } from '../../test/support/catalog';

const order = z.object({ baseUrl: z.string(), key: z.string(), folder: z.string(), submits: z.number() });

runProgram(order, async ({ baseUrl, key, folder, submits }) => {
  const engine = await Engine.open(engineOptions(folder, key));
  engine.start();
  const bare = new BareTable(path.join(folder, 'bare.db'));
  const access = { baseUrl, key: { id: KEY_ID, value: key } };
  const calledAt: string[] = [];
  const commitMs: number[] = [];
  for (let index = 0; index < submits; index++) {
    const request = {
      model: 'sora-2',
      prompt: `Boat number ${index} drifts down a gutter in heavy rain, at dusk.`,
    };
    const commit = (): void => void commitMs.push(bare.commit(JSON.stringify(request)));
    // Alternate the order.
    if (index % 2 === 0) commit();
    calledAt.push(String(process.hrtime.bigint()));
    const { phase } = await engine.submit(prepareRequest(request, untranslatedL10n), access);
    if (phase !== 'queued') throw new Error(`The submit ended as ${phase}.`);
    if (index % 2 === 1) commit();
  }
  bare.close();
  await engine.close();
  return { calledAt, commitMs };
});

/** One row per commit, as durable as in the store: rollback journal and full sync. */
class BareTable {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(
      'PRAGMA synchronous = EXTRA; CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT) STRICT',
    );
  }

  /** @returns ms */
  commit(text: string): number {
    const started = performance.now();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#database.prepare('INSERT INTO rows (text) VALUES (?)').run(text);
    this.#database.exec('COMMIT');
    return performance.now() - started;
  }

  close(): void {
    this.#database.close();
  }
}
