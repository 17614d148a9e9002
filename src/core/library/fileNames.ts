/** Extensions of videos in the library. Unknown containers get `.mp4`: players look at the content. */
export const VIDEO_EXTENSIONS = ['mp4', 'mov', 'webm', 'mkv'] as const;

export type VideoExtension = (typeof VIDEO_EXTENSIONS)[number];

/** Device names that Windows reserves, with any extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/** Maximum length of a slug in UTF-16 units: file names are limited to 255 bytes, and some letters take three. */
const MAX_SLUG_LENGTH = 40;

/**
 * Makes a slug for file names from a text: letters and digits of any script, joined by hyphens. Safe on every system and
 * never empty.
 */
export function slug(text: string): string {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  let name = '';
  for (const word of words) {
    const next = name === '' ? word : `${name}-${word}`;
    if (next.length > MAX_SLUG_LENGTH) break;
    name = next;
  }
  // One very long word: cut it between code points.
  if (name === '')
    name = Array.from(words[0] ?? '')
      .slice(0, MAX_SLUG_LENGTH / 2)
      .join('');
  return name === '' || RESERVED.test(name) ? 'video' : name;
}

/**
 * Names of a task's videos in the library, in order, without extension. Always the same for a task, so that a repeated
 * download finds existing files.
 */
export function libraryNames({ id, createdAt, prompt }: NamedTask, count: number): string[] {
  // UTC, so that another time zone doesn't rename files.
  const date = new Date(createdAt).toISOString().slice(0, 10);
  const first = `${date}-${slug(prompt)}-${id.slice(0, 8)}`;
  return Array.from({ length: count }, (_, position) =>
    position === 0 ? first : `${first}-${position + 1}`,
  );
}

interface NamedTask {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly prompt: string;
}

/** Placeholders in the template for exported file names. */
export const NAME_PLACEHOLDERS = ['date', 'time', 'model', 'slug', 'seconds', 'size', 'id', 'n'] as const;

export type NamePlaceholder = (typeof NAME_PLACEHOLDERS)[number];

/** Values for {@link NAME_PLACEHOLDERS}. */
export interface NameParts {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly model: string;
  readonly prompt: string;
  readonly seconds: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Counts from 0. */
  readonly position: number;
}

/** Maximum length of a name in UTF-8, without number and extension: systems allow 255 bytes in total. */
const MAX_NAME_BYTES = 180;

/** Characters that a system doesn't allow in names, or that are invisible or change how the name is displayed. */
// eslint-disable-next-line no-control-regex -- control characters are what must go
const UNSAFE = /[\u0000-\u001f\u007f-\u009f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * Creates an exported video's file name from a template, without extension. Safe on every system and never empty.
 * @returns `unknown` with the first unknown placeholder, if any
 */
export function exportFileName(
  template: string,
  parts: NameParts,
): { readonly name: string } | { readonly unknown: string } {
  const values = placeholderValues(parts);
  let unknown: string | undefined;
  const filled = template.replace(/\{([^{}]*)\}/g, (hole, placeholder: string) => {
    const value = isPlaceholder(placeholder) ? values[placeholder] : undefined;
    if (value === undefined) unknown ??= hole;
    return value ?? '';
  });
  return unknown === undefined
    ? { name: sanitizeFileName(filled.replace(/\.(mp4|mov|webm|mkv)$/i, '')) }
    : { unknown };
}

/** Converts a text to a file name that is valid on every system and fully visible; `video` if nothing is left. */
export function sanitizeFileName(text: string): string {
  const plain = trimName(text.toWellFormed().normalize('NFC').replace(UNSAFE, '-').replace(/\s+/gu, ' '));
  let name = '';
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) break;
    name += character;
  }
  name = trimName(name);
  if (name === '') return 'video';
  // Windows compares only the part before the first period.
  return RESERVED.test((name.split('.')[0] ?? '').trimEnd()) ? `video-${name}` : name;
}

/** A leading period hides files, and Windows drops trailing periods and blanks. */
function trimName(name: string): string {
  return name.replace(/^[\s.\-_]+|[\s.\-_]+$/gu, '');
}

function isPlaceholder(word: string): word is NamePlaceholder {
  return (NAME_PLACEHOLDERS as readonly string[]).includes(word);
}

function placeholderValues(parts: NameParts): Readonly<Record<NamePlaceholder, string>> {
  // Local time: the name is created once, for the user to read.
  const at = new Date(parts.createdAt);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}-${two(at.getMinutes())}-${two(at.getSeconds())}`,
    model: parts.model,
    slug: slug(parts.prompt),
    seconds: String(Math.round(parts.seconds)),
    size: `${parts.width}x${parts.height}`,
    id: parts.id.slice(0, 8),
    n: String(parts.position + 1),
  };
}

/**
 * Splits a relative folder path such as `docs/media`, with either slash. Empty for the folder itself.
 * @returns undefined if the path leads outside, is absolute, or contains a name that a system doesn't allow
 */
export function relativeFolderSegments(text: string): readonly string[] | undefined {
  const written = text.trim().replaceAll('\\', '/');
  if (written.startsWith('/') || written.startsWith('~')) return undefined;
  const steps = written.split('/').filter((step) => step !== '' && step !== '.');
  return steps.every(isSafeStep) ? steps : undefined;
}

function isSafeStep(step: string): boolean {
  // `.. ` is `..` to Windows, and `C:` one of its drives.
  const isTrimmed = step === step.trim() && !step.endsWith('.');
  return isTrimmed && step.search(UNSAFE) < 0 && !RESERVED.test(step.split('.')[0] ?? '');
}
