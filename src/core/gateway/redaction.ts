import { withoutUndefined } from '../common/withoutUndefined';
import type { ApiKey } from './apiKey';
import { GatewayError } from './errors';
import type { ErrorResponse } from './responseError';

const MAX_MESSAGE_LENGTH = 500;

/** Removes the key from every text of an error response. */
export function redactResponse(error: ErrorResponse, key: ApiKey | undefined): ErrorResponse {
  const { message, code, requestId } = error;
  const clean = (text: string | undefined) => (text === undefined ? undefined : redactMessage(text, key));
  const codes = withoutUndefined({ code: clean(code), requestId: clean(requestId) });
  return { ...error, message: redactMessage(message, key), ...codes };
}

/** Removes the key from a {@link GatewayError}. Returns other errors unchanged. */
export function redactError(error: unknown, key: ApiKey | undefined): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { message, code, requestId } = error;
  const { message: clean, ...details } = redactResponse(
    { message, ...withoutUndefined({ code, requestId }) },
    key,
  );
  return error.with(details, clean);
}

/** Returns true if a text contains the key in any spelling: encoded, without `sk-`, or in another case. */
export function containsKey(text: string, key: Pick<ApiKey, 'value'>): boolean {
  return withoutKey(text, key.value) !== text;
}

/** Returns true if a text contains one of these keys, or anything with the form of an `sk-` key. */
export function looksLikeKey(text: string, ownKeys: readonly string[] = []): boolean {
  return KEY_FORM.test(text) || ownKeys.some((value) => containsKey(text, { value }));
}

/** Removes the key in any spelling, and everything with the form of a key: gateways quote parts of keys. */
export function redact(text: string, key?: string): string {
  const clean = key === undefined ? text : withoutKey(text, key);
  return clean.replace(/\bsk-[A-Za-z0-9_*.…-]+/g, 'sk-…').replace(/\bBearer\s+\S+/gi, 'Bearer …');
}

/**
 * Redacts a text that may be cut anywhere: also removes a key's first four or more characters at the end of the text. The
 * gateway itself shows three.
 */
export function redactTruncated(text: string, key: string): string {
  if (isShort(key)) return redact(text, key);
  // Remove whole keys first: the last characters of one could also be the beginning of the next.
  const clean = withoutKey(text, key, wholeKeyPattern(key));
  return redact(withoutKey(clean, key, keyStartPattern(key)), key);
}

const MIN_KEY_FRAGMENT_LENGTH = 4;
/** Shorter keys are matched as whole words. */
const MIN_SECRET_LENGTH = 6;
/** The gateway ignores a key's part after the second hyphen. A part before it of this length is redacted alone. */
const MIN_HEAD_LENGTH = 16;
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}/g;
/** Requires a digit, so that hyphenated words don't match. */
const KEY_FORM = /(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}/;

function secretPart(key: string): string {
  return key.replace(/^sk-/i, '');
}

function isShort(key: string): boolean {
  return secretPart(key).length < MIN_SECRET_LENGTH;
}

function withoutKey(text: string, key: string, pattern = keyPattern(key)): string {
  const clean = text.replace(pattern, '…');
  if (isShort(key)) return clean;
  return clean.replace(BASE64_RUN, (run) => (isEncodedKey(run, pattern) ? '…' : run));
}

/** Tries every offset: the run may begin in the middle of a group of four characters. */
function isEncodedKey(run: string, pattern: RegExp): boolean {
  return [0, 1, 2, 3].some((offset) => {
    const text = Buffer.from(run.slice(offset), 'base64').toString('latin1');
    return text.replace(pattern, '') !== text;
  });
}

/** Matches the key as plain text, or with any of its characters escaped as in URLs, JSON, scripts or HTML. */
function keyPattern(key: string): RegExp {
  const core = secretPart(key);
  if (isShort(key)) {
    const word = Array.from(core || key, escapeRegExp).join('');
    return new RegExp(`(?<![A-Za-z0-9])${word}(?![A-Za-z0-9])`, 'g');
  }
  const [head = ''] = core.split('-', 1);
  const length = head.length >= MIN_HEAD_LENGTH ? head.length : core.length;
  const characters = Array.from(core, characterPattern);
  return new RegExp(`${characters.slice(0, length).join('')}(?:${characters.slice(length).join('')})?`, 'gi');
}

function wholeKeyPattern(key: string): RegExp {
  return new RegExp(Array.from(secretPart(key), characterPattern).join(''), 'gi');
}

/** Matches any beginning of a key at the end of a text. */
function keyStartPattern(key: string): RegExp {
  const characters = Array.from(secretPart(key), characterPattern);
  const start = characters.slice(0, MIN_KEY_FRAGMENT_LENGTH).join('');
  const rest = characters
    .slice(MIN_KEY_FRAGMENT_LENGTH)
    .reduceRight((after, one) => `(?:${one}${after})?`, '');
  return new RegExp(`${start}${rest}(?:%[0-9a-f]?|\\\\{1,8}u?[0-9a-f]{0,3})?$`, 'gi');
}

function characterPattern(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  // As few backslashes as possible: where the key repeats, the next ones may be the key's own.
  return `(?:\\\\{0,8}?${escapeRegExp(character)}|%(?:25)*${hex}|\\\\{1,8}(?:u00|x)${hex}|&(?:#|%23)(?:x0*${hex}|0*${code});)`;
}

function escapeRegExp(character: string): string {
  return /\w/.test(character) ? character : `\\${character}`;
}

/** Removes the key from a message, then shortens it. A cut before could leave an unrecognizable part of the key. */
export function redactMessage(text: string, key: ApiKey | undefined): string {
  const message = key ? redactTruncated(text, key.value) : redact(text);
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}
