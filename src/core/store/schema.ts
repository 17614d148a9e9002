import type { DatabaseSync } from 'node:sqlite';

/** Finds the stored images of all tasks. Each file is named by its hash. */
export const INDEX_IMAGES = `
  INSERT OR IGNORE INTO images
    SELECT sha256, id FROM (
      SELECT id, substr(source, CASE WHEN source LIKE '%.webp' THEN -69 ELSE -68 END, 64) AS sha256 FROM (
        SELECT tasks.id AS id, json_extract(image.value, '$.source') AS source
        FROM tasks, json_each(CASE WHEN json_valid(request) THEN request ELSE '{}' END, '$.images') AS image))
    WHERE length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*';
`;

/**
 * Migrations, one per version. Never change a released one; the tests compare with the schema of each version.
 *
 * A new column needs a default or must be nullable: rows are also copied from damaged files of older versions, which can't
 * be migrated.
 *
 * `change` numbers visible changes, so that windows can read new ones. `version` counts every write to a row, to detect
 * outdated writes.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    change INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    phase TEXT NOT NULL,
    base_url TEXT NOT NULL,
    key_id TEXT NOT NULL,
    request TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    gateway_task_id TEXT,
    progress REAL,
    failure TEXT,
    submitted_at INTEGER,
    succeeded_at INTEGER,
    expires_at INTEGER,
    next_due INTEGER,
    troubles INTEGER NOT NULL DEFAULT 0,
    denials INTEGER NOT NULL DEFAULT 0,
    denied_at INTEGER,
    links TEXT NOT NULL DEFAULT '[]',
    held_up_ms INTEGER NOT NULL DEFAULT 0,
    disk_failed_at INTEGER,
    announced_at INTEGER,
    seen_at INTEGER,
    copied_at INTEGER,
    cleaned_at INTEGER,
    id_source TEXT
  ) STRICT;
  CREATE INDEX tasks_by_change ON tasks (change);
  CREATE INDEX tasks_by_due ON tasks (next_due) WHERE next_due IS NOT NULL;
  CREATE INDEX tasks_by_age ON tasks (created_at DESC, id);

  CREATE TABLE timeline (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    phase TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (task_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE videos (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    duration_seconds REAL NOT NULL,
    has_audio INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (task_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE removals (change INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;

  CREATE TABLE origins (
    origin TEXT PRIMARY KEY,
    not_before INTEGER NOT NULL DEFAULT 0,
    refusal TEXT,
    recheck_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counters VALUES ('change', 0);
  `,
  `ALTER TABLE tasks ADD COLUMN fetch_progress INTEGER;`,
  `ALTER TABLE tasks ADD COLUMN based_on TEXT;`,
  `
  -- What a task needs next, where that happens, and whose task it is.
  ALTER TABLE tasks ADD COLUMN fetch_host TEXT;
  ALTER TABLE tasks ADD COLUMN money TEXT;
  ALTER TABLE tasks ADD COLUMN origin TEXT
    AS (substr(base_url, 1, instr(substr(base_url, 9) || '/', '/') + 7)) VIRTUAL;
  ALTER TABLE tasks ADD COLUMN lane TEXT AS (
    CASE WHEN phase IN ('queued', 'running') THEN 'poll'
         WHEN phase IN ('ready', 'saving') THEN 'fetch'
         ELSE 'settle' END) VIRTUAL;
  ALTER TABLE tasks ADD COLUMN host TEXT AS (
    CASE WHEN phase IN ('ready', 'saving') THEN coalesce(fetch_host, origin) ELSE origin END) VIRTUAL;
  CREATE INDEX tasks_by_lane ON tasks (lane, host, next_due) WHERE next_due IS NOT NULL;

  ALTER TABLE timeline ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE timeline ADD COLUMN last_at INTEGER;

  CREATE TABLE video_rows (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'recorded',
    mark TEXT,
    link TEXT,
    part TEXT,
    file TEXT,
    bytes INTEGER,
    sha256 TEXT,
    container TEXT,
    width INTEGER,
    height INTEGER,
    duration_seconds REAL,
    has_audio INTEGER,
    unverified INTEGER,
    refused_sha256 TEXT,
    attempts INTEGER,
    next_try INTEGER,
    refused_since INTEGER,
    reason TEXT,
    PRIMARY KEY (task_id, position)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO video_rows (task_id, position, file, bytes, sha256, width, height, duration_seconds, has_audio)
    SELECT task_id, position, file, bytes, sha256, width, height, duration_seconds, has_audio FROM videos;
  DROP TABLE videos;
  ALTER TABLE video_rows RENAME TO videos;

  CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    end TEXT NOT NULL,
    is_final INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX evidence_by_task ON evidence (task_id);

  -- Of tasks only: no reference, because an image outlives a task that was lost to damage.
  CREATE TABLE images (sha256 TEXT NOT NULL, task_id TEXT NOT NULL, PRIMARY KEY (sha256, task_id)) STRICT, WITHOUT ROWID;
  CREATE INDEX images_by_task ON images (task_id);
  ${INDEX_IMAGES}

  ALTER TABLE origins ADD COLUMN kind TEXT;
  ALTER TABLE origins ADD COLUMN kind_checked_at INTEGER;
  `,
  `
  -- A window works on the task until then, unless it renews its lease.
  ALTER TABLE tasks ADD COLUMN leased_until INTEGER;
  `,
];

/** Number of migrations. Stored in the file as `user_version`. */
export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings a database up to date in one transaction, so a crash leaves the old version intact and a second window has
 * nothing to do. Leaves a newer database unchanged.
 * @param steps one for each version
 * @throws SQLite's error; nothing was changed
 */
export function migrate(connection: DatabaseSync, steps: readonly string[] = STEPS): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
    for (const step of steps.slice(version)) connection.exec(step);
    if (version < steps.length) connection.exec(`PRAGMA user_version = ${steps.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}
