import { isRecord, parseJson, type JsonRecord } from '../common/json';
import { FAILURE_KINDS, type Charged, type FailureKind } from './task';

/** Stored, so never rename one. Each has a message in failureMessage.ts. */
const FAILURE_CODES = [
  'submit.refused',
  'submit.rateLimited',
  'submit.unreachable',
  'submit.proxy',
  'submit.neverSent',
  'submit.noKey',
  'submit.unclear',
  'submit.denied',
  'query.failed',
  'query.filtered',
  'query.expired',
  'query.notFound',
  'query.idNotFound',
  'query.noVideo',
  'query.silent',
  'key.refused',
  'key.none',
  'key.notApproved',
  'key.locked',
  'key.other',
  'fetch.failed',
  'fetch.linkRefused',
  'fetch.disk',
  'fetch.expired',
  'fetch.someMissing',
  'legacy',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/** Source of a failure. `host` is that of a video link, `us` the extension. Stored, so never rename one. */
const FAILURE_SOURCES = ['gateway', 'host', 'proxy', 'us'] as const;

export type FailureSource = (typeof FAILURE_SOURCES)[number];

/** Values for the placeholders of a message. */
export type TextParams = Readonly<Record<string, string | number>>;

/** A failure as stored: facts only. Its message is formatted when it's read, in the display language (DESIGN 4.5). */
export interface StoredFailure {
  readonly kind: FailureKind;
  readonly code: FailureCode;
  readonly params?: TextParams;
  /** HTTP status, if a response arrived. */
  readonly status?: number;
  /** The server's text, redacted and shortened. The whole message of a `legacy` failure. */
  readonly detail?: string;
  /** The gateway's machine-readable code (API reference 10.5). */
  readonly gatewayCode?: string;
  readonly said: FailureSource;
  readonly charged: Charged;
  /** Since when the gateway hasn't reported on the task, or on the video, in ms since 1970. */
  readonly since?: number;
}

const CHARGED: readonly unknown[] = ['no', 'yes', 'unknown'] satisfies Charged[];

/**
 * Parses a failure from the store. A failure of a version that stored sentences becomes `legacy`.
 * @returns undefined if it isn't a failure
 */
export function parseFailure(value: unknown): StoredFailure | undefined {
  if (!isRecord(value) || !isKind(value['kind']) || !isCharged(value['charged'])) return undefined;
  const { kind, charged, since } = value;
  const common = { kind, charged, ...(typeof since === 'number' ? { since } : {}) };
  const { message, code, params, status, detail, gatewayCode, said } = value;
  if (typeof message === 'string') {
    return {
      ...common,
      code: 'legacy',
      detail: message,
      said: 'us',
      ...(typeof code === 'string' ? { gatewayCode: code } : {}),
    };
  }
  if (!isCode(code)) return undefined;
  return {
    ...common,
    code,
    said: isSource(said) ? said : 'us',
    ...(isRecord(params) ? { params: parseParams(params) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof gatewayCode === 'string' ? { gatewayCode } : {}),
  };
}

/** Why a task changed phase, for its timeline. Each code has a text in failureMessage.ts. Stored: never rename one. */
const NOTE_CODES = [
  'rateLimited',
  'notSent',
  'canceledDraft',
  'stoppedTracking',
  'checkedAgain',
  'idAttached',
  'idRecovered',
  'notRemixed',
  'someFiltered',
  'unverified',
  'foundInLibrary',
  'foundWithoutTask',
  'removedByUser',
  'acceptedWithError',
  'anotherId',
  'legacy',
] as const;

export type NoteCode = (typeof NOTE_CODES)[number];

/** A note in a timeline, as stored. */
export interface StoredNote {
  readonly code: NoteCode;
  readonly params?: TextParams;
  /** The server's text, redacted; of a `legacy` note its whole text. */
  readonly detail?: string;
}

/** Formats a note for the store. */
export function serializeNote(note: StoredNote): string {
  return JSON.stringify(note);
}

/** Parses a note from the store. Plain text of an older version becomes a `legacy` note. */
export function parseNote(text: string): StoredNote {
  const value = text.startsWith('{') ? parseJson(text) : undefined;
  if (!isRecord(value) || !isNoteCode(value['code'])) return { code: 'legacy', detail: text };
  const { code, params, detail } = value;
  return {
    code,
    ...(isRecord(params) ? { params: parseParams(params) } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
  };
}

function parseParams(value: JsonRecord): TextParams {
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string | number] =>
        typeof entry[1] === 'string' || typeof entry[1] === 'number',
    ),
  );
}

function isKind(value: unknown): value is FailureKind {
  return (FAILURE_KINDS as readonly unknown[]).includes(value);
}

export function isCharged(value: unknown): value is Charged {
  return CHARGED.includes(value);
}

function isCode(value: unknown): value is FailureCode {
  return (FAILURE_CODES as readonly unknown[]).includes(value);
}

function isSource(value: unknown): value is FailureSource {
  return (FAILURE_SOURCES as readonly unknown[]).includes(value);
}

function isNoteCode(value: unknown): value is NoteCode {
  return (NOTE_CODES as readonly unknown[]).includes(value);
}
