import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Engine } from '../src/core/engine';
import { storeFile } from '../test/support/storeFile';
import type { Bench } from './context';
import { engineOptions } from './engineOptions';
import { VoidMeasurement, type Measurement, type Row } from './measurement';
import { storeTask, taskRecord } from './seed';
import { median, pairwise, rotated, summarise } from './statistics';
import { formatFigure } from './table';

const TASKS = 10_000;
const SHOWN = 200;
const ROUNDS = 101;

type Rows = ReturnType<StatementSync['all']>;

/** A statement that reads rows, with its parameters. */
interface Query {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Opens a long list of tasks and reads the newest, compared with only reading the same rows. */
export const tasks: Measurement = {
  keys: ['tasks.vsRead'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const folder = await bench.folder();
    await fill(folder);
    const queries = await recordQueries(folder);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const who of rotated(['ours', 'bare'], round)) {
        if (who === 'ours') ours.push(await openAndBuild(folder));
        else bare.push(readBare(folder, queries));
      }
    }
    await rm(folder, { recursive: true });
    const ratios = summarise(pairwise(ours, bare, (left, right) => left / right));
    return [
      {
        key: 'tasks.vsRead',
        what: `${TASKS} tasks: open, build the newest ${SHOWN} / the same SQL bare`,
        figure: ratios.median,
        unit: '',
        against: `ours ${formatFigure(median(ours), 'ms')}, bare ${formatFigure(median(bare), 'ms')}`,
        spread: ratios,
        samples: ROUNDS,
        bar: { is: 'atMost', limit: 2 },
      },
    ];
  },
};

/** Stores one task through the product. The others are copies with other IDs, each a minute older. */
async function fill(folder: string): Promise<void> {
  const record = taskRecord('saved', 'https://llm.ai-nebula.com', 'video_0123456789abcdef');
  const sha256 = 'ab'.repeat(32);
  await storeTask(folder, record, [
    {
      file: 'a-paper-boat.mp4',
      bytes: 5_000_000,
      width: 1280,
      height: 720,
      durationSeconds: 8,
      hasAudio: true,
      sha256,
    },
  ]);
  const database = new DatabaseSync(storeFile(folder));
  const copies = ['tasks', 'timeline', 'videos'].map((table) => copyStatement(database, table));
  database.exec('BEGIN');
  for (let index = 1; index < TASKS; index++) {
    const id = randomUUID();
    for (const copy of copies) copy.run({ id, of: record.id, minutes: index });
  }
  database.exec('COMMIT');
  database.close();
}

/** Copies a task's rows of one table to another ID. */
function copyStatement(database: DatabaseSync, table: string): StatementSync {
  const other: Readonly<Record<string, string>> = {
    [table === 'tasks' ? 'id' : 'task_id']: ':id',
    change: 'change + :minutes',
    created_at: 'created_at - 60000 * :minutes',
    updated_at: 'updated_at - 60000 * :minutes',
    at: 'at - 60000 * :minutes',
  };
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map((row) => String(row['name']));
  const values = columns.map((column) => other[column] ?? column);
  const statement = database.prepare(
    `INSERT INTO ${table} SELECT ${values.join(', ')} FROM ${table} WHERE ${columns.includes('task_id') ? 'task_id' : 'id'} = :of`,
  );
  // Not every table has a time.
  statement.setAllowUnknownNamedParameters(true);
  return statement;
}

/**
 * Opens the engine, reads the newest tasks and closes it.
 * @returns ms without closing
 */
async function openAndBuild(folder: string): Promise<number> {
  const options = engineOptions(folder, '');
  const started = performance.now();
  const engine = await Engine.open(options);
  const list = engine.tasks(SHOWN);
  const ms = performance.now() - started;
  await engine.close();
  if (list.length !== SHOWN || list.some((task) => task.videos.length !== 1)) {
    throw new VoidMeasurement(`The list has ${list.length} tasks, and not each has its video.`);
  }
  return ms;
}

/**
 * Reads the same rows with a new connection.
 * @returns ms without closing
 */
function readBare(folder: string, queries: readonly Query[]): number {
  const started = performance.now();
  const database = new DatabaseSync(storeFile(folder));
  const rows = queries.map(({ sql, values }) => database.prepare(sql).all(...values).length);
  const ms = performance.now() - started;
  database.close();
  if (rows.length !== 3 || rows.some((count) => count < SHOWN)) {
    throw new VoidMeasurement(`The bare reading found ${rows.join(', ')} rows.`);
  }
  return ms;
}

/** Records the store's queries while it reads the list. */
async function recordQueries(folder: string): Promise<readonly Query[]> {
  const queries: Query[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its owner below
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
    const statement = prepare.call(this, sql);
    const all = statement.all.bind(statement) as (...values: SQLInputValue[]) => Rows;
    statement.all = ((...values: SQLInputValue[]): Rows => {
      queries.push({ sql, values });
      return all(...values);
    }) as StatementSync['all'];
    return statement;
  };
  let engine: Engine | undefined;
  try {
    engine = await Engine.open(engineOptions(folder, ''));
  } finally {
    DatabaseSync.prototype.prepare = prepare;
    await engine?.close();
  }
  // The first page of the list: tasks, videos and timelines. Later queries fill the index.
  const isOfList = ({ sql }: Query) =>
    /FROM (tasks +ORDER BY|videos WHERE task_id IN|timeline WHERE task_id IN)/.test(sql);
  return queries.filter(isOfList).slice(0, 3);
}

const READS = 1_000;

/** Synchronous reads in a window that knows all its tasks. They must not run any SQL. */
export const taskReads: Measurement = {
  keys: ['tasks.readMs'],
  async run(bench: Bench): Promise<readonly Row[]> {
    const folder = await bench.folder();
    await fill(folder);
    const engine = await Engine.open(engineOptions(folder, ''));
    await engine.loaded();
    const ids = engine.tasks(Infinity).map(({ id }) => id);
    if (ids.length !== TASKS) throw new VoidMeasurement(`The window knows ${ids.length} tasks.`);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- put back below
    const { prepare } = DatabaseSync.prototype;
    DatabaseSync.prototype.prepare = () => {
      throw new VoidMeasurement('Reading runs SQL.');
    };
    const times: number[] = [];
    try {
      for (let read = 0; read < READS; read++) {
        const id = ids[(read * 7919) % TASKS] ?? '';
        const started = performance.now();
        const isThere = engine.tasks().length > 0 && engine.task(id) !== undefined;
        times.push(performance.now() - started);
        if (!isThere) throw new VoidMeasurement('A task is not there.');
      }
    } finally {
      DatabaseSync.prototype.prepare = prepare;
      await engine.close();
      await rm(folder, { recursive: true });
    }
    const spread = summarise(times);
    return [
      {
        key: 'tasks.readMs',
        what: `${TASKS} tasks: tasks() and task(id) on a warm window, without SQL`,
        figure: spread.median,
        unit: 'ms',
        spread,
        samples: READS,
        bar: { is: 'atMost', limit: 1 },
      },
    ];
  },
};
