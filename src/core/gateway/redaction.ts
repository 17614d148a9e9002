import type { ApiKey } from './apiKey';
import { GatewayError } from './errors';
import type { ErrorResponse } from './responseError';

/** Longest text of the other side's that is kept, in characters. */
const LONGEST_MESSAGE = 500;

/** Takes the key out of all that the other side says, in whatever place it echoes it. */
export function redactResponse(error: ErrorResponse, key: ApiKey | undefined): ErrorResponse {
  const { message, code, requestId } = error;
  return {
    ...error,
    message: redactWords(message, key),
    ...(code === undefined ? {} : { code: redactWords(code, key) }),
    ...(requestId === undefined ? {} : { requestId: redactWords(requestId, key) }),
  };
}

/** As {@link redactResponse}, for what was caught; other errors than ours go through. */
export function redactError(error: unknown, key: ApiKey | undefined): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { message, code, requestId } = error;
  const details = {
    code: code && redactWords(code, key),
    requestId: requestId && redactWords(requestId, key),
  };
  return error.with(details, redactWords(message, key));
}

/** Whether a text contains the key in any spelling: encoded, without `sk-`, or in another case. */
export function holdsKey(text: string, key: Pick<ApiKey, 'value'>): boolean {
  return withoutKey(text, key.value) !== text;
}

/** Whether a text contains one of these keys, or anything that has the form of a key of this kind of gateway. */
export function looksLikeKey(text: string, ownKeys: readonly string[] = []): boolean {
  return KEY_FORM.test(text) || ownKeys.some((value) => holdsKey(text, { value }));
}

/** Removes the key in any spelling, and everything that has the form of one: gateways quote parts of keys. */
export function redact(text: string, key?: string): string {
  const clean = key === undefined ? text : withoutKey(text, key);
  return clean.replace(/\bsk-[A-Za-z0-9_*.…-]+/g, 'sk-…').replace(/\bBearer\s+\S+/gi, 'Bearer …');
}

/**
 * As {@link redact}, for a text that may be cut anywhere. Also removes the beginning of the key at the end of the
 * text, from four characters on. The gateway itself shows three.
 */
export function redactTruncated(text: string, key: string): string {
  return redact(withoutKey(text, key, beginningOf(key)), key);
}

const MIN_KEY_FRAGMENT_LENGTH = 4;
/** A shorter key is searched as a whole word: it could be part of any other word. */
const MIN_CORE_LENGTH = 6;
/** The gateway ignores what follows a second hyphen, so the part before it is a key of its own. */
const MIN_HEAD_LENGTH = 16;
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}/g;
/** A random part with digits, so that no word with hyphens counts. */
const KEY_FORM = /(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}/;

/** The secret part of a key, without `sk-`. */
function coreOf(key: string): string {
  return key.replace(/^sk-/i, '');
}

function withoutKey(text: string, key: string, pattern = spellingsOf(key)): string {
  const clean = text.replace(pattern, '…');
  if (coreOf(key).length < MIN_CORE_LENGTH) return clean;
  return clean.replace(BASE64_RUN, (run) => (isEncodedKey(run, pattern) ? '…' : run));
}

/** The run may begin in the middle of a group of four characters. */
function isEncodedKey(run: string, pattern: RegExp): boolean {
  return [0, 1, 2, 3].some((offset) => {
    const text = Buffer.from(run.slice(offset), 'base64').toString('latin1');
    return text.replace(pattern, '') !== text;
  });
}

/** Matches the key as plain text, or with any of its characters escaped as in URLs, JSON, scripts or HTML. */
function spellingsOf(key: string): RegExp {
  const core = coreOf(key);
  if (core.length < MIN_CORE_LENGTH) {
    const word = Array.from(core || key, literal).join('');
    return new RegExp(`(?<![A-Za-z0-9])${word}(?![A-Za-z0-9])`, 'g');
  }
  const [head = ''] = core.split('-', 1);
  const length = head.length >= MIN_HEAD_LENGTH ? head.length : core.length;
  const characters = Array.from(core, spellingsOfCharacter);
  return new RegExp(`${characters.slice(0, length).join('')}(?:${characters.slice(length).join('')})?`, 'gi');
}

/** Matches the beginning of a key, however long, where the text ends. */
function beginningOf(key: string): RegExp {
  if (coreOf(key).length < MIN_CORE_LENGTH) return spellingsOf(key);
  const characters = Array.from(coreOf(key), spellingsOfCharacter);
  const start = characters.slice(0, MIN_KEY_FRAGMENT_LENGTH).join('');
  const rest = characters
    .slice(MIN_KEY_FRAGMENT_LENGTH)
    .reduceRight((after, one) => `(?:${one}${after})?`, '');
  return new RegExp(`${start}${rest}(?:%[0-9a-f]?|\\\\{1,8}u?[0-9a-f]{0,3})?$`, 'gi');
}

function spellingsOfCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  return `(?:\\\\{0,8}${literal(character)}|%(?:25)*${hex}|\\\\{1,8}(?:u00|x)${hex}|&(?:#|%23)(?:x0*${hex}|0*${code});)`;
}

function literal(character: string): string {
  return /\w/.test(character) ? character : `\\${character}`;
}

/**
 * The words without the key, and only then cut to a message's length: a cut through the key would leave a piece of it
 * that nobody recognises. What a broken reply or an earlier cut has left of it stands at the end.
 */
export function redactWords(text: string, key: ApiKey | undefined): string {
  const words = key ? redactTruncated(text, key.value) : redact(text);
  return words.length > LONGEST_MESSAGE ? `${words.slice(0, LONGEST_MESSAGE)}…` : words;
}
