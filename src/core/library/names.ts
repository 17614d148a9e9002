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
 * The name of a video's file in the library, without its ending. The same for the same task and position, so that
 * a second fetch finds the first one's file.
 * @param position counts from 0
 */
export function libraryName(
  task: { id: string; createdAt: number; prompt: string },
  position: number,
): string {
  const number = position === 0 ? '' : `-${position + 1}`;
  // The day in UTC here: a journey to another time zone must not rename a file.
  const date = new Date(task.createdAt).toISOString().slice(0, 10);
  return `${date}-${slug(task.prompt)}-${task.id.slice(0, 8)}${number}`;
}
