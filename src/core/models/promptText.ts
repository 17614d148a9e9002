/** @returns true if the text must be edited in an editor, because an input box joins lines (DESIGN 4.10). */
export function isMultiline(text: string): boolean {
  return /[\r\n]/.test(text);
}

/** Length in characters from which a prompt is edited in an editor. */
const LONG = 2_000;

/** Length in characters that exceeds every known model's limit. */
export const UNUSUALLY_LONG_PROMPT = 32_000;

/** @returns true if the text is too long or has several lines for an input box. */
export function needsEditor(text: string): boolean {
  return isMultiline(text) || text.length > LONG;
}
