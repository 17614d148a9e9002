/** A key, with a random ID for places where the key itself must not appear. */
export interface ApiKey {
  readonly id: string;
  readonly value: string;
}

/** Why there is no key to send: not approved for this origin, or locked in a keyring that can't be read now. */
export type NoKeyReason = 'none' | 'notApproved' | 'locked';

export type KeyAnswer = { readonly kind: 'key'; readonly key: ApiKey } | { readonly kind: NoKeyReason };

/** Provides the key for an origin, if the user has approved it for that origin. */
export interface KeySource {
  keyFor(origin: string): Promise<KeyAnswer>;
  /** Changes before any result of `keyFor` does, so that a transaction can tell whether a result is still current. */
  readonly version: number;
  /** Returns true if a text contains a key that was read before, or anything with the form of a key. */
  looksLikeKey(text: string): boolean;
}

export function isKey(answer: KeyAnswer, id: string): boolean {
  return answer.kind === 'key' && answer.key.id === id;
}

type InvalidKeyReason = 'empty' | 'blanks' | 'characters' | 'short' | 'long' | 'several';

const MIN_KEY_LENGTH = 3;
const MAX_KEY_LENGTH = 512;

/** Quotes, brackets and separators around a key in code, shell commands, JSON, Markdown and chats. */
const WRAPPER = '"\'`“”„‘’«»<>()[\\]{},;|，。；、（）「」【】《》';
/** Text copied from a web page may contain invisible characters. */
const WRAPPED = new RegExp(`^[\\s\u200b\ufeff${WRAPPER}]+|[\\s\u200b\ufeff${WRAPPER}]+$`, 'g');
const SK_KEY = /(?<![A-Za-z0-9._%+/~-])sk-[A-Za-z0-9_-]+/g;
/** Text that may follow a complete key. Anything else, such as `***`, means that the key is cut or masked. */
const END_OF_KEY = new RegExp(`^(?:[.!?]?$|[.!?]?\\s+(?![A-Za-z0-9_-])|[${WRAPPER}&#!?])`);
/** The name before a key: `NEBULA_API_KEY=`, `"key":`, `Authorization:`. */
const NAME = /^(?:export\s+)?[\w-]*(?:key|token|authorization)["']?\s*[:=](?=[^=])/i;
const BEARER = /^bearer(?:\s+|\s*[:=]|(?=["'`“”„‘’]|$))/i;
/** Bearer token (RFC 6750 §2.1). */
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;

/** Extracts the key from pasted text: its only `sk-…`, or a key of another form without name, quotes and `Bearer`. */
export function parseApiKey(text: string): { readonly key: string } | { readonly error: InvalidKeyReason } {
  const found = [...text.matchAll(SK_KEY)];
  const [first] = found;
  if (new Set(found.map(([key]) => key)).size > 1) return { error: 'several' };
  const key = first ? first[0] : withoutWrapping(text);
  if (first) {
    const rest = text.slice(first.index + key.length).replace(/[\s\u200b\ufeff]+$/, '');
    if (!END_OF_KEY.test(rest)) return { error: /^\s/.test(rest) ? 'blanks' : 'characters' };
  }
  if (key === '') return { error: 'empty' };
  if (/\s/.test(key)) return { error: 'blanks' };
  if (!TOKEN.test(key)) return { error: 'characters' };
  if (key.length < MIN_KEY_LENGTH || key === 'sk-') return { error: 'short' };
  return key.length > MAX_KEY_LENGTH ? { error: 'long' } : { key };
}

/** As {@link parseApiKey}; undefined if there is no key. */
export function normalizeApiKey(text: string): string | undefined {
  const read = parseApiKey(text);
  return 'key' in read ? read.key : undefined;
}

function withoutWrapping(text: string): string {
  let key = text;
  let before: string;
  do {
    before = key;
    key = key.replace(WRAPPED, '').replace(NAME, '').replace(BEARER, '');
  } while (key !== before);
  return key;
}
