import { isRecord } from '../common/json';
import type { MoneyFact } from '../common/moneyFact';
import type { Evidence } from '../common/evidence';
import { ORIGIN_KINDS, type OriginKind } from '../common/originKind';
import type { VideoRequest } from '../models/request';
import { parseFailure, parseNote, serializeNote, type StoredFailure, type StoredNote } from '../task/failure';
import { ID_SOURCES, type IdSource } from '../task/idSource';
import { PHASES, type Phase } from '../task/phases';
import { VIDEO_STATES, type VideoRow } from '../task/videoRow';
import {
  integer,
  json,
  optionalFlag,
  optionalInteger,
  optionalJson,
  optionalNumber,
  optionalText,
  optionalEnum,
  readRow,
  text,
  word,
  type Columns,
  type SqlRow,
} from './columns';

/** A task's row. Times are ms since 1970. */
export interface TaskRecord {
  readonly id: string;
  /** Incremented by every write, to detect outdated writes. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly phase: Phase;
  readonly baseUrl: string;
  /** Random ID of the key that it was sent with. */
  readonly keyId: string;
  readonly request: VideoRequest;
  readonly bodySha256: string;
  readonly gatewayTaskId: string | undefined;
  readonly progress: number | undefined;
  readonly failure: StoredFailure | undefined;
  readonly submittedAt: number | undefined;
  readonly succeededAt: number | undefined;
  /** When the gateway deletes the video, if known. */
  readonly expiresAt: number | undefined;
  /** Time of the next step, which is also the claim on it (DESIGN 4.6). */
  readonly nextDue: number | undefined;
  /** Number of attempts in a row without information. */
  readonly consecutiveErrors: number;
  /** Number of "not found" responses in a row for the task or its video that count. */
  readonly notFoundCount: number;
  /** Time of the last counted one. */
  readonly lastNotFoundAt: number | undefined;
  /** Result links of the last good query. */
  readonly links: readonly string[];
  /** Total time in ms that doesn't count toward deadlines: the disk failed, or nothing could run. */
  readonly diskBlockedMs: number;
  /** Time of the last disk error. */
  readonly diskFailedAt: number | undefined;
  /** When the user was notified of its end. */
  readonly notifiedAt: number | undefined;
  /** When the user first saw its video. */
  readonly seenAt: number | undefined;
  /** When its videos were last saved outside the library. */
  readonly exportedAt: number | undefined;
  /** When the user removed its videos from the library. */
  readonly deletedAt: number | undefined;
  /** Source of the task ID; undefined if a clear response gave it. */
  readonly idSource: IdSource | undefined;
  /** Download progress in percent; undefined if unknown or not downloading. */
  readonly fetchProgress: number | undefined;
  /** ID of the earlier task that this one repeats. */
  readonly basedOn: string | undefined;
  /** Facts about money in responses. */
  readonly money: readonly MoneyFact[];
}

export const TASK_COLUMNS: Columns<TaskRecord> = {
  id: text('id'),
  version: integer('version'),
  createdAt: integer('created_at'),
  updatedAt: integer('updated_at'),
  phase: word('phase', PHASES),
  baseUrl: text('base_url'),
  keyId: text('key_id'),
  request: json('request', parseRequest),
  bodySha256: text('body_sha256'),
  gatewayTaskId: optionalText('gateway_task_id'),
  progress: optionalNumber('progress'),
  failure: optionalJson('failure', parseFailure),
  submittedAt: optionalInteger('submitted_at'),
  succeededAt: optionalInteger('succeeded_at'),
  expiresAt: optionalInteger('expires_at'),
  nextDue: optionalInteger('next_due'),
  consecutiveErrors: integer('troubles'),
  notFoundCount: integer('denials'),
  lastNotFoundAt: optionalInteger('denied_at'),
  links: json<readonly string[]>(
    'links',
    (value) => (Array.isArray(value) ? value.filter(isString) : undefined),
    [],
  ),
  diskBlockedMs: integer('held_up_ms'),
  diskFailedAt: optionalInteger('disk_failed_at'),
  notifiedAt: optionalInteger('announced_at'),
  seenAt: optionalInteger('seen_at'),
  exportedAt: optionalInteger('copied_at'),
  deletedAt: optionalInteger('cleaned_at'),
  idSource: optionalEnum('id_source', ID_SOURCES),
  fetchProgress: optionalInteger('fetch_progress'),
  basedOn: optionalText('based_on'),
  money: json<readonly MoneyFact[]>(
    'money',
    (value) => (Array.isArray(value) ? value.filter(isMoneyFact) : undefined),
    [],
  ),
};

/** A row type with all fields present; missing values are undefined. */
type Fields<Row> = { readonly [Field in keyof Required<Row>]: Row[Field] | undefined };

type VideoFields = Fields<VideoRow> & Pick<VideoRow, 'position' | 'state'>;

export const VIDEO_COLUMNS: Columns<VideoFields> = {
  position: integer('position'),
  state: word('state', VIDEO_STATES),
  mark: optionalText('mark'),
  link: optionalText('link'),
  part: optionalText('part'),
  file: optionalText('file'),
  bytes: optionalInteger('bytes'),
  sha256: optionalText('sha256'),
  container: optionalEnum('container', ['mp4', 'mov', 'webm', 'unknown']),
  width: optionalInteger('width'),
  height: optionalInteger('height'),
  durationSeconds: optionalNumber('duration_seconds'),
  hasAudio: optionalFlag('has_audio'),
  unverified: {
    name: 'unverified',
    read: (value) => (value === 1 ? true : undefined),
    write: (value) => (value ? 1 : null),
  },
  refusedSha256: optionalText('refused_sha256'),
  attempts: optionalInteger('attempts'),
  nextTry: optionalInteger('next_try'),
  refusedSince: optionalInteger('refused_since'),
  reason: optionalJson('reason', parseFailure),
};

/** Reads a row of `videos`. @throws if a value is invalid */
export function readVideoRow(row: SqlRow): VideoRow {
  return readRow(VIDEO_COLUMNS, row) as VideoRow;
}

/** An entry of a task's timeline, as stored. */
export interface StoredTimelineEntry {
  /** Time of the first occurrence, in ms since 1970. */
  readonly at: number;
  readonly phase: Phase;
  readonly note?: StoredNote;
  /** Number of occurrences and time of the last one, if more than one. */
  readonly count?: number;
  readonly lastAt?: number;
}

type TimelineFields = Fields<StoredTimelineEntry> & Pick<StoredTimelineEntry, 'at' | 'phase'>;

export const TIMELINE_COLUMNS: Columns<TimelineFields> = {
  at: integer('at'),
  phase: word('phase', PHASES),
  note: {
    name: 'note',
    read: (value) => (typeof value === 'string' ? parseNote(value) : undefined),
    write: (value) => (value ? serializeNote(value) : null),
  },
  count: {
    name: 'count',
    read: (value) => (typeof value === 'number' && value > 1 ? value : undefined),
    write: (value) => value ?? 1,
  },
  lastAt: optionalInteger('last_at'),
};

/** Reads a row of `timeline`. @throws if a value is invalid */
export function readTimelineRow(row: SqlRow): StoredTimelineEntry {
  return readRow(TIMELINE_COLUMNS, row) as StoredTimelineEntry;
}

export const EVIDENCE_COLUMNS: Columns<Evidence> = {
  at: integer('at'),
  step: word('step', ['submit', 'query', 'download', 'link']),
  status: integer('status'),
  headers: json('headers', parseTexts, {}),
  body: text('body'),
  end: word('end', ['whole', 'cut', 'timeout', 'tooLong']),
};

/** State that all tasks of an origin share (DESIGN 5). Times are ms since 1970. */
export interface OriginState {
  /** No request may be sent before this time. */
  readonly notBefore: number;
  /** Set while the key is refused, which blocks all tasks of the origin. */
  readonly refusal: StoredFailure | undefined;
  /** Time at which one task may retry the refused key. */
  readonly recheckAt: number | undefined;
  /** Kind of gateway, and when it was last checked. */
  readonly kind: OriginKind | undefined;
  readonly kindCheckedAt: number | undefined;
}

export const ORIGIN_COLUMNS: Columns<OriginState> = {
  notBefore: integer('not_before'),
  refusal: optionalJson('refusal', parseFailure),
  recheckAt: optionalInteger('recheck_at'),
  kind: optionalEnum('kind', ORIGIN_KINDS),
  kindCheckedAt: optionalInteger('kind_checked_at'),
};

/** Validates the fields that code relies on. Other fields of another version's request are kept. */
function parseRequest(value: unknown): VideoRequest | undefined {
  if (!isRecord(value) || !isString(value['model']) || !isString(value['prompt'])) return undefined;
  const { options = {}, images = [], remixOf = '' } = value;
  const isImage = (image: unknown) => isRecord(image) && isString(image['role']) && isString(image['source']);
  const isValid = isRecord(options) && Array.isArray(images) && images.every(isImage) && isString(remixOf);
  return isValid ? (value as unknown as VideoRequest) : undefined;
}

function parseTexts(value: unknown): Readonly<Record<string, string>> | undefined {
  return isRecord(value) && Object.values(value).every(isString)
    ? (value as Record<string, string>)
    : undefined;
}

function isMoneyFact(value: unknown): value is MoneyFact {
  return isRecord(value) && isString(value['name']) && isString(value['source']) && 'value' in value;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
