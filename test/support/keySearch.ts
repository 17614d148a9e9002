import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Finds the files below a folder that contain a key: as it is, truncated, in two-byte characters, as base64
 * at any offset, or URL-encoded.
 * @param passOver folders, relative to the first, that may contain it
 */
export function filesWithKey(folder: string, key: string, passOver: readonly string[] = []): string[] {
  const shapes = shapesOf(key);
  return filesBelow(folder)
    .filter((file) => {
      const relative = path.relative(folder, file);
      return !passOver.some((place) => relative === place || relative.startsWith(place + path.sep));
    })
    .filter((file) => {
      const bytes = contentOf(file);
      return shapes.some((shape) => bytes.includes(shape));
    });
}

/** Links aren't followed, because they may lead out of the folder or form loops. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(place);
    return entry.isFile() ? [place] : [];
  });
}

/** Places that a key may have leaked to during a run. */
export interface Traces {
  /** All files below it are searched. */
  readonly folder?: string;
  /** Text that was logged, printed, shown or stored in a row, by the name of its place. */
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** Requests to the pretend gateway. */
  readonly requests?: readonly { readonly path: string; readonly keyElsewhere: boolean }[];
}

/** Returns the places that contain the key but must not. */
export function leaks(key: string, { folder, texts = {}, requests = [] }: Traces): string[] {
  return [
    ...(folder === undefined ? [] : filesWithKey(folder, key)),
    ...Object.entries(texts)
      .filter(([, lines]) => lines.some((line) => hasKey(line, key)))
      .map(([name]) => name),
    ...requests.filter(({ keyElsewhere }) => keyElsewhere).map((request) => `the request ${request.path}`),
  ];
}

/** @throws if a place contains the key but must not. The message names the places, never the key. */
export function assertNoLeak(key: string, traces: Traces): void {
  const places = leaks(key, traces);
  if (places.length > 0) throw new Error(`The key leaked to ${places.join(', ')}.`);
}

/** Checks whether a text contains the key in any encoding. */
export function hasKey(text: string, key: string): boolean {
  return shapesOf(key).some((shape) => text.includes(shape.toString('latin1')));
}

/** Long enough to identify a key. The service itself shows three characters of it. */
const FRAGMENT = 12;

function shapesOf(wholeKey: string): Buffer[] {
  // Only the secret part counts.
  const key = wholeKey.replace(/^sk-/, '');
  return [
    Buffer.from(key.slice(0, FRAGMENT)),
    Buffer.from(key, 'utf16le'),
    Buffer.from(encodeURIComponent(key)),
    // The text before it shifts base64 by up to two bytes. Cut off the characters that depend on it.
    ...[0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(key)]).toString('base64');
      return Buffer.from(text.slice(offset === 0 ? 0 : 4, -4));
    }),
  ];
}

/** Programs that have just ended may delete their files during the search. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
