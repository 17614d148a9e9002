/** A key with the random id that stands for it wherever the key itself must not be. */
export interface ApiKey {
  readonly id: string;
  readonly value: string;
}

/** Knows the key for an origin, or that there is none the user approved for it. */
export interface KeySource {
  keyFor(origin: string): Promise<ApiKey | undefined>;
}

/**
 * Cleans a key as people paste it: blanks, quotes and a leading `Bearer `. Undefined when what is left
 * is empty or cannot travel in a header.
 */
export function cleanKey(text: string): string | undefined {
  const key = text
    .trim()
    .replace(/^["'`]+|["'`]+$/g, '')
    .trim()
    .replace(/^bearer\s+/i, '')
    .trim();
  return /^[\x21-\x7e]{3,512}$/.test(key) ? key : undefined;
}

/**
 * Takes keys out of a text: the given one in any spelling a reply may echo it in, and anything that looks
 * like one, because the gateway quotes parts of keys in its messages (API reference 10.3).
 */
export function redact(text: string, key?: string): string {
  let clean = text;
  if (key !== undefined) {
    for (const spelling of new Set([
      key,
      key.replace(/^sk-/, ''),
      JSON.stringify(key).slice(1, -1),
      encodeURIComponent(key),
    ])) {
      if (spelling.length >= 6) clean = clean.replaceAll(spelling, '…');
    }
  }
  return clean.replace(/\bsk-[A-Za-z0-9_*.…-]+/g, 'sk-…').replace(/\bBearer\s+\S+/gi, 'Bearer …');
}
