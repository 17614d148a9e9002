/** Names that Windows keeps for devices, whatever their ending (Microsoft, "Naming Files, Paths, and Namespaces"). */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/** Longest slug, in UTF-16 units: whole names must stay below 255 bytes, and some letters take three. */
const LONGEST_SLUG = 40;

/**
 * A short piece of a file name made of a text: letters and digits of any script, joined by hyphens; safe on every
 * system. Never empty.
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
    if (next.length > LONGEST_SLUG) break;
    name = next;
  }
  // One very long word: cut it between code points.
  if (name === '')
    name = Array.from(words[0] ?? '')
      .slice(0, LONGEST_SLUG / 2)
      .join('');
  return name === '' || RESERVED.test(name) ? 'video' : name;
}

/**
 * What the files of a task's videos are called in the library, without their ending, in order. The same for the same
 * task, so that a second fetch finds the first one's files.
 */
export function libraryNames({ id, createdAt, prompt }: NamedTask, count: number): string[] {
  // The day in UTC here: a journey to another time zone must not rename a file.
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

/** What the template of a saved file's name may hold, in braces. */
export const NAME_PLACEHOLDERS = ['date', 'time', 'model', 'slug', 'seconds', 'size', 'id', 'n'] as const;

export type NamePlaceholder = (typeof NAME_PLACEHOLDERS)[number];

/** What a saved video's name is made of. */
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

/** Longest name without its ending, in bytes of UTF-8: systems take 255, and a number and an ending come on top. */
const LONGEST_NAME = 180;

/** What some system does not take in a name, or what shows it otherwise than it is. */
// eslint-disable-next-line no-control-regex -- control characters are what must go
const UNSAFE = /[\u0000-\u001f\u007f-\u009f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * The name that a template gives a saved video, without its ending: safe on every system, never empty.
 * @returns the placeholder that nobody knows instead, when there is one
 */
export function savedName(
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
    ? { name: safeName(filled.replace(/\.(mp4|mov|webm|mkv)$/i, '')) }
    : { unknown };
}

/** A text as a file name that every system takes and that hides nothing; `video` where nothing is left. */
export function safeName(text: string): string {
  const plain = trimName(text.toWellFormed().normalize('NFC').replace(UNSAFE, '-').replace(/\s+/gu, ' '));
  let name = '';
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > LONGEST_NAME) break;
    name += character;
  }
  name = trimName(name);
  if (name === '') return 'video';
  // Windows looks at what stands before the first point only.
  return RESERVED.test((name.split('.')[0] ?? '').trimEnd()) ? `video-${name}` : name;
}

/** Hidden files begin with a point; Windows drops points and blanks at the end. */
function trimName(name: string): string {
  return name.replace(/^[\s.\-_]+|[\s.\-_]+$/gu, '');
}

function isPlaceholder(word: string): word is NamePlaceholder {
  return (NAME_PLACEHOLDERS as readonly string[]).includes(word);
}

function placeholderValues(parts: NameParts): Readonly<Record<NamePlaceholder, string>> {
  // The user's own day and time here: the name is made once, and read by them.
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
 * The steps of a folder below another one, as a user writes them: `docs/media`, with either slash. None for the
 * folder itself.
 * @returns undefined when it leads out, is absolute, or has a name that some system does not take
 */
export function foldersBelow(text: string): readonly string[] | undefined {
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
