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
  optionalWord,
  readRow,
  text,
  word,
  type Columns,
  type SqlRow,
} from './columns';

/** All that the engine knows of a task. Times are ms since 1970. */
export interface TaskRecord {
  readonly id: string;
  /** Counts every write to the row: a writer who holds an older number is late. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly phase: Phase;
  readonly baseUrl: string;
  /** The random id of the key it was sent with. */
  readonly keyId: string;
  readonly request: VideoRequest;
  readonly bodySha256: string;
  readonly gatewayTaskId: string | undefined;
  readonly progress: number | undefined;
  readonly failure: StoredFailure | undefined;
  readonly submittedAt: number | undefined;
  readonly succeededAt: number | undefined;
  /** When the gateway throws the video away, if it said so. */
  readonly expiresAt: number | undefined;
  /** When something is to be done next, and by that the claim on doing it (DESIGN 4.6). */
  readonly nextDue: number | undefined;
  /** Attempts in a row that came to nothing. */
  readonly troubles: number;
  /** Answers in a row that the task, or its video, is not there; and when the first of them came. */
  readonly denials: number;
  readonly deniedAt: number | undefined;
  /** Result links of the last good query. */
  readonly links: readonly string[];
  /** How long the disk has kept us from fetching, in ms in all, and when it last refused: that time does not count. */
  readonly heldUpMs: number;
  readonly diskFailedAt: number | undefined;
  /** When the user was told of its end, and when they saw its video. */
  readonly announcedAt: number | undefined;
  readonly seenAt: number | undefined;
  /** When its videos were last saved somewhere outside of the library. */
  readonly copiedAt: number | undefined;
  /** When the user had its videos removed from the library. */
  readonly cleanedAt: number | undefined;
  /** Where the gateway's task id comes from, unless a whole reply gave it. */
  readonly idSource: IdSource | undefined;
  /** How much of its videos has come, in percent, while they are fetched; undefined where that is not known. */
  readonly fetchProgress: number | undefined;
  /** The earlier task that it was asked for again from. */
  readonly basedOn: string | undefined;
  /** What responses said about money, with their sources. */
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
  troubles: integer('troubles'),
  denials: integer('denials'),
  deniedAt: optionalInteger('denied_at'),
  links: json<readonly string[]>(
    'links',
    (value) => (Array.isArray(value) ? value.filter(isString) : undefined),
    [],
  ),
  heldUpMs: integer('held_up_ms'),
  diskFailedAt: optionalInteger('disk_failed_at'),
  announcedAt: optionalInteger('announced_at'),
  seenAt: optionalInteger('seen_at'),
  copiedAt: optionalInteger('copied_at'),
  cleanedAt: optionalInteger('cleaned_at'),
  idSource: optionalWord('id_source', ID_SOURCES),
  fetchProgress: optionalInteger('fetch_progress'),
  basedOn: optionalText('based_on'),
  money: json<readonly MoneyFact[]>(
    'money',
    (value) => (Array.isArray(value) ? value.filter(isMoneyFact) : undefined),
    [],
  ),
};

/** Each field of a row; what is absent is undefined. */
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
  container: optionalWord('container', ['mp4', 'mov', 'webm', 'unknown']),
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

/** Reads a row of `videos`. @throws if it isn't one of ours */
export function readVideoRow(row: SqlRow): VideoRow {
  return readRow(VIDEO_COLUMNS, row) as VideoRow;
}

/** An entry of a task's timeline, as stored. */
export interface StoredTimelineEntry {
  /** When it happened first, in ms since 1970. */
  readonly at: number;
  readonly phase: Phase;
  readonly note?: StoredNote;
  /** How often it happened, and when last, if more than once. */
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

/** Reads a row of `timeline`. @throws if it isn't one of ours */
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

/** What is known of an origin, for all its tasks together (DESIGN 5). Times are ms since 1970. */
export interface OriginState {
  /** No request may go there before. */
  readonly notBefore: number;
  /** Why the key was refused there, while it is: every task of the origin waits. */
  readonly refusal: StoredFailure | undefined;
  /** When one task may try again although the key was refused. */
  readonly recheckAt: number | undefined;
  /** What kind of gateway it is, and when that was last recognized. */
  readonly kind: OriginKind | undefined;
  readonly kindCheckedAt: number | undefined;
}

export const ORIGIN_COLUMNS: Columns<OriginState> = {
  notBefore: integer('not_before'),
  refusal: optionalJson('refusal', parseFailure),
  recheckAt: optionalInteger('recheck_at'),
  kind: optionalWord('kind', ORIGIN_KINDS),
  kindCheckedAt: optionalInteger('kind_checked_at'),
};

/** Checks what later code relies on; what else stands in a request of another version is passed on as it is. */
function parseRequest(value: unknown): VideoRequest | undefined {
  if (!isRecord(value) || !isString(value['model']) || !isString(value['prompt'])) return undefined;
  const { options = {}, images = [], remixOf = '' } = value;
  const isImage = (image: unknown) => isRecord(image) && isString(image['role']) && isString(image['source']);
  const isOurs = isRecord(options) && Array.isArray(images) && images.every(isImage) && isString(remixOf);
  return isOurs ? (value as unknown as VideoRequest) : undefined;
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
