/** A line with only this separates prompts. */
export const SEPARATOR = '---';

/** One prompt of a list. */
export interface ListedPrompt {
  /** Byte for byte, without the line ends that belong to the separators. */
  readonly text: string;
  /** The line it begins in, from 0. */
  readonly line: number;
}

const LINES = /([^\r\n]*)(\r\n|\r|\n|$)/g;

/** Blanks behind it can't be seen, so they don't count. */
const isSeparator = (line: string): boolean => /^---[ \t]*$/.test(line);

/** The prompts of a list, empty ones included. A text without a separator is one prompt. */
export function splitPrompts(text: string): readonly ListedPrompt[] {
  const prompts: ListedPrompt[] = [];
  let start = 0;
  let firstLine = 0;
  let line = 0;
  /** Where the line end before the current line begins. */
  let before = 0;
  for (const { index, 0: whole, 1: content = '', 2: end } of text.matchAll(LINES)) {
    if (isSeparator(content)) {
      prompts.push({ text: text.slice(start, Math.max(start, before)), line: firstLine });
      start = index + whole.length;
      firstLine = line + 1;
    }
    before = index + content.length;
    line++;
    if (end === '') break;
  }
  return [...prompts, { text: text.slice(start), line: firstLine }];
}

/** A list of these prompts. */
export function joinPrompts(prompts: readonly string[], lineEnd: string): string {
  return prompts.join(`${lineEnd}${SEPARATOR}${lineEnd}`);
}

/** The list without the first prompt that is this one, byte for byte; undefined where there is none. */
export function withoutPrompt(list: string, prompt: string, lineEnd: string): string | undefined {
  const texts = splitPrompts(list).map(({ text }) => text);
  const index = texts.indexOf(prompt);
  if (index < 0) return undefined;
  return joinPrompts(
    texts.filter((_, at) => at !== index),
    lineEnd,
  );
}

/** The list with a prompt after so many others. */
export function withPrompt(list: string, prompt: string, after: number, lineEnd: string): string {
  if (list.trim() === '') return prompt;
  const texts = splitPrompts(list).map(({ text }) => text);
  return joinPrompts(texts.toSpliced(after, 0, prompt), lineEnd);
}

/** Whether a prompt can't be one of a list, because it would be taken apart there. */
export function containsSeparator(prompt: string): boolean {
  return splitPrompts(prompt).length > 1;
}
