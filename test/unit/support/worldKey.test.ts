import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeFile } from '../../support/storeFile';
import { World } from './world';

/** Each engine test ends with a search for the key. These tests prove that it can fail. */
describe('the search for the key at the end of a world', () => {
  const leakedTo = async (place: RegExp, leak: (world: World) => Promise<void> | void) => {
    const world = await World.create();
    await world.open();
    await leak(world);
    await assert.rejects(world.stop(), ({ message }: Error) => {
      assert.match(message, place);
      return !message.includes(world.gateway.key);
    });
  };

  it('finds it in a file', () =>
    leakedTo(/notes\.txt/, ({ folder, gateway }) => {
      writeFileSync(path.join(folder, 'notes.txt'), `Bearer ${gateway.key}`);
    }));

  it('finds it in the log', () =>
    leakedTo(/the log/, ({ log, gateway }) => log.warn(`bad key ${gateway.key}`)));

  it('finds it in a task and in its row', () =>
    leakedTo(/a task, the store/, async (world) => {
      await world.submit(await world.open());
      // The engine refuses such a prompt, so write it directly into the row.
      const database = new DatabaseSync(storeFile(world.folder));
      database
        .prepare(`UPDATE tasks SET request = json_set(request, '$.prompt', ?)`)
        .run(`a boat named ${world.gateway.key}`);
      database.close();
      await (await world.open()).loaded();
    }));

  it('finds it in a request outside its header', () =>
    leakedTo(/the request \/v1\/models/, async ({ gateway }) => {
      await fetch(`${gateway.baseUrl}/v1/models?key=${gateway.key}`);
    }));
});
