/** A key with the random id that stands for it wherever the key itself must not be. */
export interface ApiKey {
  readonly id: string;
  readonly value: string;
}

/** Why there is no key to send: `notApproved` for this origin, or `locked` in a storage that can't be read now. */
export type NoKeyReason = 'none' | 'notApproved' | 'locked';

export type KeyAnswer = { readonly kind: 'key'; readonly key: ApiKey } | { readonly kind: NoKeyReason };

/** Provides the key for an origin, if the user has approved it for that origin. */
export interface KeySource {
  keyFor(origin: string): Promise<KeyAnswer>;
}

/** Whether the answer is the key with this ID. */
export function isKey(answer: KeyAnswer, id: string): boolean {
  return answer.kind === 'key' && answer.key.id === id;
}

/** Why a text can't be a key. */
export type KeyFault = 'empty' | 'blanks' | 'characters' | 'short' | 'long';

/** Shortest and longest key that is thinkable, in characters. */
const KEY_LENGTH = { least: 3, most: 512 } as const;

/**
 * Cleans a key as people paste it: blanks, quotes and a leading `Bearer `, in whatever order they wrap it. Or says why
 * what is left can't travel in a header (RFC 9110 5.5 allows no more than visible ASCII here).
 */
export function readKey(text: string): { readonly key: string } | { readonly fault: KeyFault } {
  let key = text;
  let before: string;
  do {
    before = key;
    key = key
      .trim()
      .replace(/^["'`“”„‘’]+|["'`“”„‘’]+$/g, '')
      .replace(/^bearer(\s+|(?=["'`“”„‘’]|$))/i, '');
  } while (key !== before);
  if (key === '') return { fault: 'empty' };
  if (/\s/.test(key)) return { fault: 'blanks' };
  if (!/^[\x21-\x7e]+$/.test(key)) return { fault: 'characters' };
  if (key.length < KEY_LENGTH.least) return { fault: 'short' };
  return key.length > KEY_LENGTH.most ? { fault: 'long' } : { key };
}

/** The key in a text as people paste it; undefined when there is none in it. */
export function cleanKey(text: string): string | undefined {
  const read = readKey(text);
  return 'key' in read ? read.key : undefined;
}

/**
 * Takes keys out of a text: the given one in any spelling a reply may echo it in, and anything that looks
 * like one, because the gateway quotes parts of keys in its messages (API reference 10.3).
 */
export function redact(text: string, key?: string): string {
  let clean = text;
  for (const spelling of spellingsOf(key)) clean = clean.replaceAll(spelling, '…');
  return clean.replace(/\bsk-[A-Za-z0-9_*.…-]+/g, 'sk-…').replace(/\bBearer\s+\S+/gi, 'Bearer …');
}

/**
 * As {@link redact}, for a text that may have been cut off anywhere: the beginning of the key at its very end is taken
 * out too, from four characters on (the service itself shows three).
 */
export function redactCut(text: string, key: string): string {
  const clean = redact(text, key);
  const pieces = spellingsOf(key).map((spelling) => {
    for (let length = spelling.length - 1; length >= SHORTEST_PIECE; length--) {
      if (clean.endsWith(spelling.slice(0, length))) return length;
    }
    return 0;
  });
  const longest = Math.max(0, ...pieces);
  return longest === 0 ? clean : `${clean.slice(0, -longest)}…`;
}

const SHORTEST_PIECE = 4;

/** How a reply may write the key. */
function spellingsOf(key: string | undefined): string[] {
  if (key === undefined) return [];
  const all = [key, key.replace(/^sk-/, ''), JSON.stringify(key).slice(1, -1), encodeURIComponent(key)];
  return [...new Set(all)].filter((spelling) => spelling.length >= 6);
}
