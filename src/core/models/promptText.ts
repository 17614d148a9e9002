/** An input box joins lines, so a text of several is edited in an editor (DESIGN 4.10). */
export function isMultiline(text: string): boolean {
  return /[\r\n]/.test(text);
}

/** From so many characters on, a prompt has outgrown an input box. */
const LONG = 2_000;

/** More characters than any model is known to take. */
export const UNUSUALLY_LONG_PROMPT = 32_000;

/** Whether a text is better edited in an editor than in an input box. */
export function needsEditor(text: string): boolean {
  return isMultiline(text) || text.length > LONG;
}

export function countLines(text: string): number {
  return text.split(/\r\n|\r|\n/).length;
}
