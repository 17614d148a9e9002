import { parseJson, type JsonRecord } from '../common/json';
import { withoutUndefined } from '../common/withoutUndefined';
import { asRecord, asText, knownObjects, type KnownObject } from './jsonValues';

/** The error in a response, whatever its envelope (API reference 10.2). */
export interface ErrorResponse {
  /** The server's text on one line; empty if there is none. */
  readonly message: string;
  /** Machine-readable code. Bare HTTP statuses are left out. */
  readonly code?: string;
  readonly requestId?: string;
  readonly byProxy?: boolean;
}

/** Redaction shortens messages further, after it has removed the key. */
const MAX_MESSAGE_LENGTH = 4_000;
const MAX_HTML_LENGTH = 20_000;

/** Fields with the reason for a failure. Unlike these, `MESSAGES` may be about something else. */
const REASONS = [
  'failure_reason',
  'fail_reason',
  'failReason',
  'failMsg',
  'fail_msg',
  'task_status_msg',
  'error_msg',
  'error_message',
  'errorMessage',
  'err_msg',
  'reason',
  'status_msg',
  'raiMediaFilteredReasons',
];
const MESSAGES = ['message', 'msg', 'detail'];
/** Fields with a code that only errors have. */
const ERROR_CODES = ['err_code', 'errCode', 'failCode', 'fail_code', 'error_code', 'errorCode'];

const SUCCESS_TEXT = /^\s*(ok|succe(ss|ssful|ed|eded)|completed?|done|成功|操作成功|null|none)?[.!]?\s*$/i;
/** 10000 is how Jimeng reports success. */
const SUCCESS_CODE = /^(|0|20\d|10000|ok|succe(ss|ed|eded))$/i;

/** Returns true if a code doesn't report an error (API reference 10.3). */
export function isSuccessCode(code: unknown): boolean {
  if (typeof code !== 'string' && typeof code !== 'number') return true;
  return SUCCESS_CODE.test(String(code).trim());
}

/** Returns true if a response reports an error, whatever its HTTP status. */
export function reportsError(objects: readonly KnownObject[]): boolean {
  return objects.some(({ record, name, path }) => {
    if (name === 'base_resp') return !isSuccessCode(record['status_code']);
    if (!['', 'data', 'task', 'result'].includes(name)) return false;
    return (
      holdsText(record['error']) ||
      record['success'] === false ||
      Array.isArray(record['detail']) ||
      ERROR_CODES.some((code) => !isSuccessCode(record[code])) ||
      (path.length === 0 && !isSuccessCode(record['code']))
    );
  });
}

/**
 * Returns true if an error is in one of the gateway's own envelopes (API reference 10.2: E1, E2, E5). Other errors, such
 * as a firewall's, say nothing about the task or the key.
 */
export function isOwnEnvelope(root: unknown): boolean {
  const body = asRecord(root);
  const error = asRecord(body?.['error']);
  if (error) return asText(error['message']) !== undefined;
  if (!body) return false;
  const hasMessage = asText(body['message'] ?? body['msg']) !== undefined;
  return (
    'base_resp' in body ||
    Array.isArray(body['detail']) ||
    (hasMessage &&
      (body['success'] === false || ('code' in body && ('data' in body || 'request_id' in body))))
  );
}

/** Returns true if an error says that the task or its video was deleted. */
export function saysExpired(status: number | undefined, code = ''): boolean {
  return status === 410 || /^(video_|task_|result_)?expired$/i.test(code);
}

/** Returns true if a 404 is about the base URL, not the task (API reference 10.4). */
export function isUnknownEndpoint(error: ErrorResponse): boolean {
  return /invalid url/i.test(error.message);
}

/** Reads the error in a response's text: JSON or a web page. */
export function parseErrorResponse(text: string): ErrorResponse {
  const json = parseJson(text);
  return json === undefined ? { message: pageText(text) } : parseErrorValue(json);
}

export function parseErrorValue(value: unknown): ErrorResponse {
  if (typeof value === 'string') return { message: oneLine(value) };
  return readError(knownObjects(value));
}

export function readError(objects: readonly KnownObject[]): ErrorResponse {
  // A vendor's text is about the task; the envelope's may be about the call.
  const isVendors = ({ path }: KnownObject) => path.includes('metadata') || path.includes('output');
  const vendorsFirst = [...objects.filter(isVendors), ...objects.filter((object) => !isVendors(object))];
  const text = first(objects, reasonIn) ?? first(vendorsFirst, (record) => firstText(record, MESSAGES)) ?? '';
  const nested = nestedVendorError(text);
  const code = nested?.code ?? codeIn(objects);
  const requestId =
    first(objects, (record) => asText(record['request_id'] ?? record['requestId'])) ??
    nested?.requestId ??
    /\(request id: ([^()]+)\)/i.exec(text)?.[1];
  const message = oneLine(nested?.message ?? text).replace(/\s*\(request id: [^)]+\)/i, '');
  return withoutUndefined({ message, code, requestId });
}

function first(
  objects: readonly KnownObject[],
  read: (record: JsonRecord) => string | undefined,
): string | undefined {
  for (const { record } of objects) {
    const text = read(record);
    if (text !== undefined) return text;
  }
  return undefined;
}

function reasonIn(record: JsonRecord): string | undefined {
  const error = record['error'];
  const own = textIn(error) ?? (asRecord(error) && firstText(error as JsonRecord, [...MESSAGES, ...REASONS]));
  return own ?? firstText(record, REASONS);
}

function firstText(record: JsonRecord, names: readonly string[]): string | undefined {
  return names.map((name) => textIn(record[name])).find((text) => text !== undefined);
}

/** Skips success texts, and links, which older gateways keep in the same field. */
function textIn(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const texts = value.map((item) => asText(item) ?? firstText(asRecord(item) ?? {}, MESSAGES));
    return texts.filter((text) => text !== undefined).join('; ') || undefined;
  }
  const text = asText(value);
  return text === undefined || SUCCESS_TEXT.test(text) || /^(https?|data):/i.test(text) ? undefined : text;
}

function codeIn(objects: readonly KnownObject[]): string | undefined {
  for (const { record, name } of objects) {
    const own = ERROR_CODES.map((key) => record[key]).find((code) => !isSuccessCode(code));
    if (typeof own === 'string' || typeof own === 'number') return String(own);
    const code = toCode(asRecord(record['error'])?.['code']) ?? toCode(record['code']);
    if (code !== undefined) return code;
    if (name === 'base_resp' && !isSuccessCode(record['status_code'])) return String(record['status_code']);
  }
  return first(objects, (record) => toCode(asRecord(record['error'])?.['type']));
}

/** Skips success words and bare HTTP statuses (API reference 5.3, 10.3). */
function toCode(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : asText(value);
  return text === undefined || isSuccessCode(text) || /^(error|[1-5]\d\d)$/i.test(text) ? undefined : text;
}

/** Reads a vendor's error as JSON inside the message, maybe after a prefix (API reference 10.2, E3). */
function nestedVendorError(text: string): ErrorResponse | undefined {
  const start = text.indexOf('{');
  const json = start < 0 ? undefined : parseJson(text.slice(start));
  const inner = json === undefined ? undefined : parseErrorValue(json);
  return inner === undefined || inner.message === '' ? undefined : inner;
}

function holdsText(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  const record = asRecord(value);
  if (record)
    return Object.values(record).some((inner) => asText(inner) !== undefined || typeof inner === 'number');
  return asText(value) !== undefined;
}

export function pageText(text: string): string {
  // Cut first: the pattern scans to the end of the text for each unclosed tag.
  const page = text.slice(0, MAX_HTML_LENGTH).replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ');
  return oneLine(page.replace(/<[^<>]*>/g, ' '));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_LENGTH);
}
