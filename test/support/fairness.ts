import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../src/core/engine';
import type { World } from '../unit/support/world';
import { storeFile } from './storeFile';

const MINUTE = 60_000;

/**
 * The schedule of DESIGN 5 (Rhythm) without jitter. It's repeated here so that changes to the product don't
 * change it.
 */
export function plannedRequests(length: number): number {
  let requests = 0;
  for (let age = 3_000; age <= length; age += age < 2 * MINUTE ? 5_000 : 8_000) requests++;
  return requests;
}

/**
 * Adds copies of a task to the store.
 * @param change how they differ from it, in SQL
 */
export function addCopies(world: World, id: string, count: number, change: string): void {
  const database = new DatabaseSync(storeFile(world.folder));
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('tasks')
    .map(({ name }) => String(name));
  const values = columns.map((name) => (name === 'id' ? `'copy-' || i` : name));
  database
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO tasks (${columns.join(', ')}) SELECT ${values.join(', ')} FROM tasks, n WHERE id = ?2`,
    )
    .run(count, id);
  database.exec(`UPDATE tasks SET ${change} WHERE id LIKE 'copy-%'`);
  database.close();
}

/**
 * Compares how often each task is queried with its schedule.
 * @param hanging number of exchanges that never end
 */
export async function shareOfSchedule(
  world: World,
  engine: Engine,
  tasks: number,
  lengthMs: number,
  hanging = 0,
): Promise<number> {
  const ids: string[] = [];
  for (let index = 0; index < tasks; index++) {
    ids.push((await world.submit(engine, { prompt: `number ${index}` })).gatewayTaskId ?? '');
  }
  const end = world.clock.now() + lengthMs;
  while (world.clock.now() < end) {
    await world.exchangesEnd(hanging);
    world.clock.moveTo(Math.min(end, world.clock.now() + 250));
  }
  const asked = world.gateway.log.filter(
    ({ kind, path }) => kind === 'query' && ids.some((id) => path.includes(id)),
  ).length;
  return asked / tasks / plannedRequests(lengthMs);
}
