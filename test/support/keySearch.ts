import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The files below a folder in which a key stands: as it is, in two-byte characters, as base64 at any offset, or
 * written as a URL would have it.
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

/** Whether a text has the key in it, however it is written. */
export function hasKey(text: string, key: string): boolean {
  return shapesOf(key).some((shape) => text.includes(shape.toString('latin1')));
}

function shapesOf(key: string): Buffer[] {
  return [
    Buffer.from(key),
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
