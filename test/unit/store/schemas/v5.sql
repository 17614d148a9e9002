-- A database of version 5, with a task in every phase. Never changed once the version is released.
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
, fetch_progress INTEGER, based_on TEXT, fetch_host TEXT, money TEXT, origin TEXT
  AS (substr(base_url, 1, instr(substr(base_url, 9) || '/', '/') + 7)) VIRTUAL, lane TEXT AS (
  CASE WHEN phase IN ('queued', 'running') THEN 'poll'
       WHEN phase IN ('ready', 'saving') THEN 'fetch'
       ELSE 'settle' END) VIRTUAL, host TEXT AS (
  CASE WHEN phase IN ('ready', 'saving') THEN coalesce(fetch_host, origin) ELSE origin END) VIRTUAL, leased_until INTEGER) STRICT;

CREATE TABLE timeline (
task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
position INTEGER NOT NULL,
at INTEGER NOT NULL,
phase TEXT NOT NULL,
note TEXT, count INTEGER NOT NULL DEFAULT 1, last_at INTEGER,
PRIMARY KEY (task_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE removals (change INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;

CREATE TABLE origins (
origin TEXT PRIMARY KEY,
not_before INTEGER NOT NULL DEFAULT 0,
refusal TEXT,
recheck_at INTEGER
, kind TEXT, kind_checked_at INTEGER) STRICT, WITHOUT ROWID;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE "videos" (
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

CREATE TABLE images (sha256 TEXT NOT NULL, task_id TEXT NOT NULL, PRIMARY KEY (sha256, task_id)) STRICT, WITHOUT ROWID;

CREATE INDEX tasks_by_change ON tasks (change);

CREATE INDEX tasks_by_due ON tasks (next_due) WHERE next_due IS NOT NULL;

CREATE INDEX tasks_by_age ON tasks (created_at DESC, id);

CREATE INDEX tasks_by_lane ON tasks (lane, host, next_due) WHERE next_due IS NOT NULL;

CREATE INDEX evidence_by_task ON evidence (task_id);

CREATE INDEX images_by_task ON images (task_id);

INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request, body_sha256, gateway_task_id, progress, failure, submitted_at, succeeded_at, expires_at, next_due, troubles, denials, denied_at, links, held_up_ms, disk_failed_at, announced_at, seen_at, copied_at, cleaned_at, id_source, fetch_progress, based_on, fetch_host, money, leased_until) VALUES
  ('00000000-0000-4000-8000-000000000000', 1, 1, 1760000000000, 1760000005000, 'draft', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a draft boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', NULL, NULL, NULL, NULL, NULL, NULL, 1760000006000, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000001-0000-4000-8000-000000000000', 2, 2, 1760000060000, 1760000065000, 'sending', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a sending boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', NULL, NULL, NULL, 1760000061000, NULL, NULL, 1760000066000, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000002-0000-4000-8000-000000000000', 3, 3, 1760000120000, 1760000125000, 'queued', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"another one","remixOf":"video_0"}', 'abababababababababababababababababababababababababababababababab', 'video_2', NULL, NULL, 1760000121000, NULL, NULL, 1760000126000, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000003-0000-4000-8000-000000000000', 4, 4, 1760000180000, 1760000185000, 'running', 'https://llm.ai-nebula.com', 'key-1', '{"model":"wan2.6-i2v","prompt":"  “Zwölf” 猫\n its ","options":{"duration":5,"prompt_extend":true},"images":[{"role":"first","source":"https://example.com/boat.png"}]}', 'abababababababababababababababababababababababababababababababab', 'video_3', 42.5, NULL, 1760000181000, NULL, NULL, 1760000186000, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000004-0000-4000-8000-000000000000', 5, 5, 1760000240000, 1760000245000, 'ready', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a ready boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_4', NULL, '{"kind":"disk","message":"The disk is full.","charged":"yes"}', 1760000241000, 1760000244000, NULL, 1760000246000, 2, 0, NULL, '[]', 7000, 1760000245000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000005-0000-4000-8000-000000000000', 6, 6, 1760000300000, 1760000305000, 'saving', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a saving boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_5', NULL, NULL, 1760000301000, 1760000304000, 1760003900000, 1760000306000, 0, 1, 1760000304500, '["https://example.com/video.mp4"]', 0, NULL, NULL, NULL, NULL, NULL, NULL, 42, NULL, 'https://example.com', '[{"name":"quota","value":500,"source":"quota","step":"query"}]', 1760000305900),
  ('00000006-0000-4000-8000-000000000000', 7, 7, 1760000360000, 1760000365000, 'saved', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a saved boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_6', NULL, NULL, 1760000361000, 1760000364000, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, 1760000365500, 1760000365600, 1760000365700, 1760000365800, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000007-0000-4000-8000-000000000000', 8, 8, 1760000420000, 1760000425000, 'failed', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a failed boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_7', NULL, '{"kind":"moderation","code":"content_policy_violation","message":"The prompt was refused.","charged":"no"}', 1760000421000, NULL, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, 1760000425500, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000008-0000-4000-8000-000000000000', 9, 9, 1760000480000, 1760000485000, 'rejected', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a rejected boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', NULL, NULL, '{"kind":"quota","message":"The balance is too low.","charged":"no"}', 1760000481000, NULL, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000009-0000-4000-8000-000000000000', 10, 10, 1760000540000, 1760000545000, 'unknown', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a unknown boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', NULL, NULL, '{"kind":"upstream","message":"No clear answer came.","charged":"unknown"}', 1760000541000, NULL, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('00000010-0000-4000-8000-000000000000', 11, 11, 1760000600000, 1760000605000, 'lost', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a lost boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_10', NULL, '{"kind":"expired","message":"The gateway no longer has it.","charged":"yes"}', 1760000601000, 1760000604000, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, 'byHandConfirmed', NULL, NULL, NULL, NULL, NULL),
  ('00000011-0000-4000-8000-000000000000', 12, 12, 1760000660000, 1760000665000, 'stopped', 'https://llm.ai-nebula.com', 'key-1', '{"model":"sora-2","prompt":"a stopped boat","options":{"seconds":"4","size":"1280x720"}}', 'abababababababababababababababababababababababababababababababab', 'video_11', NULL, NULL, 1760000661000, NULL, NULL, NULL, 0, 0, NULL, '[]', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '00000009-0000-4000-8000-000000000000', NULL, NULL, NULL);

INSERT INTO timeline (task_id, position, at, phase, note, count, last_at) VALUES
  ('00000000-0000-4000-8000-000000000000', 0, 1760000000000, 'draft', NULL, 1, NULL),
  ('00000001-0000-4000-8000-000000000000', 0, 1760000060000, 'draft', NULL, 1, NULL),
  ('00000001-0000-4000-8000-000000000000', 1, 1760000065000, 'sending', NULL, 1, NULL),
  ('00000002-0000-4000-8000-000000000000', 0, 1760000120000, 'draft', NULL, 1, NULL),
  ('00000002-0000-4000-8000-000000000000', 1, 1760000125000, 'queued', NULL, 1, NULL),
  ('00000003-0000-4000-8000-000000000000', 0, 1760000180000, 'draft', NULL, 1, NULL),
  ('00000003-0000-4000-8000-000000000000', 1, 1760000185000, 'running', NULL, 1, NULL),
  ('00000004-0000-4000-8000-000000000000', 0, 1760000240000, 'draft', NULL, 1, NULL),
  ('00000004-0000-4000-8000-000000000000', 1, 1760000245000, 'ready', NULL, 12, 1760000245500),
  ('00000005-0000-4000-8000-000000000000', 0, 1760000300000, 'draft', NULL, 1, NULL),
  ('00000005-0000-4000-8000-000000000000', 1, 1760000305000, 'saving', NULL, 1, NULL),
  ('00000006-0000-4000-8000-000000000000', 0, 1760000360000, 'draft', NULL, 1, NULL),
  ('00000006-0000-4000-8000-000000000000', 1, 1760000365000, 'saved', 'Why it is so.', 1, NULL),
  ('00000007-0000-4000-8000-000000000000', 0, 1760000420000, 'draft', NULL, 1, NULL),
  ('00000007-0000-4000-8000-000000000000', 1, 1760000425000, 'failed', 'Why it is so.', 1, NULL),
  ('00000008-0000-4000-8000-000000000000', 0, 1760000480000, 'draft', NULL, 1, NULL),
  ('00000008-0000-4000-8000-000000000000', 1, 1760000485000, 'rejected', 'Why it is so.', 1, NULL),
  ('00000009-0000-4000-8000-000000000000', 0, 1760000540000, 'draft', NULL, 1, NULL),
  ('00000009-0000-4000-8000-000000000000', 1, 1760000545000, 'unknown', 'Why it is so.', 1, NULL),
  ('00000010-0000-4000-8000-000000000000', 0, 1760000600000, 'draft', NULL, 1, NULL),
  ('00000010-0000-4000-8000-000000000000', 1, 1760000605000, 'lost', 'Why it is so.', 1, NULL),
  ('00000011-0000-4000-8000-000000000000', 0, 1760000660000, 'draft', NULL, 1, NULL),
  ('00000011-0000-4000-8000-000000000000', 1, 1760000665000, 'stopped', 'Why it is so.', 1, NULL);

INSERT INTO videos (task_id, position, state, mark, link, part, file, bytes, sha256, container, width, height, duration_seconds, has_audio, unverified, refused_sha256, attempts, next_try, refused_since, reason) VALUES
  ('00000006-0000-4000-8000-000000000000', 0, 'recorded', NULL, NULL, NULL, '2025-10-09-a-saved-boat-00000006.mp4', 1234567, 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, 1280, 720, 4.04, 1, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO evidence (id, task_id, at, step, status, headers, body, end, is_final) VALUES
  (1, '00000009-0000-4000-8000-000000000000', 1760000541500, 'submit', 502, '{"content-type":"text/html"}', '<html>Bad Gateway</html>', 'whole', 1);

INSERT INTO images (sha256, task_id) VALUES
  ('efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef', '00000003-0000-4000-8000-000000000000');

INSERT INTO removals (change, id) VALUES
  (9, 'ffffffff-0000-4000-8000-000000000000');

INSERT INTO origins (origin, not_before, refusal, recheck_at, kind, kind_checked_at) VALUES
  ('https://llm.ai-nebula.com', 1760000000500, NULL, NULL, 'nebula', 1760000000600);

INSERT INTO counters (name, value) VALUES
  ('change', 12);

PRAGMA user_version = 5;
