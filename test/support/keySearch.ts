import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The files below a folder in which a key stands: as it is, cut off, in two-byte characters, as base64 at any offset,
 * or written as a URL would have it.
 * @param passOver folders, relative to the first, that may hold it
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

/** Links are not followed: they lead out of the folder, or round in circles. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(place);
    return entry.isFile() ? [place] : [];
  });
}

/** Where a key may have gone in a part of a run. */
export interface Traces {
  /** Everything that is written below it is searched. */
  readonly folder?: string;
  /** What was logged, printed, shown or kept in a row, each under a name that says where. */
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** What arrived at the pretend gateway. */
  readonly requests?: readonly { readonly path: string; readonly keyElsewhere: boolean }[];
}

/** The places at which a key stands though it must not; none when all is well. */
export function leaks(key: string, { folder, texts = {}, requests = [] }: Traces): string[] {
  return [
    ...(folder === undefined ? [] : filesWithKey(folder, key)),
    ...Object.entries(texts)
      .filter(([, lines]) => lines.some((line) => hasKey(line, key)))
      .map(([name]) => name),
    ...requests.filter(({ keyElsewhere }) => keyElsewhere).map((request) => `the request ${request.path}`),
  ];
}

/** @throws when the key stands where it must not; the message names the places, never the key */
export function assertNoLeak(key: string, traces: Traces): void {
  const places = leaks(key, traces);
  if (places.length > 0) throw new Error(`The key leaked to ${places.join(', ')}.`);
}

/** Whether a text has the key in it, however it is written. */
export function hasKey(text: string, key: string): boolean {
  return shapesOf(key).some((shape) => text.includes(shape.toString('latin1')));
}

/** Enough of a key to be told from any other text; the service itself shows three characters of it. */
const FRAGMENT = 12;

function shapesOf(wholeKey: string): Buffer[] {
  // Its secret part is what counts.
  const key = wholeKey.replace(/^sk-/, '');
  return [
    Buffer.from(key.slice(0, FRAGMENT)),
    Buffer.from(key, 'utf16le'),
    Buffer.from(encodeURIComponent(key)),
    // What stands before it shifts base64 by none, one or two bytes; the characters that others share are cut off.
    ...[0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(key)]).toString('base64');
      return Buffer.from(text.slice(offset === 0 ? 0 : 4, -4));
    }),
  ];
}

/** Programs that were just ended may take their files away while we look. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
