/** A line with only this separates prompts. */
export const SEPARATOR = '---';

export interface ListedPrompt {
  /** Unchanged, without the line breaks around separators. */
  readonly text: string;
  /** Zero-based number of its first line. */
  readonly line: number;
}

const LINES = /([^\r\n]*)(\r\n|\r|\n|$)/g;

/** Ignores trailing whitespace, which is invisible. */
const isSeparator = (line: string): boolean => /^---[ \t]*$/.test(line);

/** Splits a list into prompts, including empty ones. A text without a separator is one prompt. */
export function splitPrompts(text: string): readonly ListedPrompt[] {
  const prompts: ListedPrompt[] = [];
  let start = 0;
  let firstLine = 0;
  let line = 0;
  /** Start of the line break before the current line. */
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

export function joinPrompts(prompts: readonly string[], lineEnd: string): string {
  return prompts.join(`${lineEnd}${SEPARATOR}${lineEnd}`);
}

/** Removes the first occurrence of a prompt. @returns undefined if the list doesn't contain it */
export function withoutPrompt(list: string, prompt: string, lineEnd: string): string | undefined {
  const texts = splitPrompts(list).map(({ text }) => text);
  const index = texts.indexOf(prompt);
  if (index < 0) return undefined;
  return joinPrompts(
    texts.filter((_, at) => at !== index),
    lineEnd,
  );
}

/** Inserts a prompt. @param after number of prompts before it */
export function withPrompt(list: string, prompt: string, after: number, lineEnd: string): string {
  if (list.trim() === '') return prompt;
  const texts = splitPrompts(list).map(({ text }) => text);
  return joinPrompts(texts.toSpliced(after, 0, prompt), lineEnd);
}

/** @returns true if a list would split the prompt */
export function containsSeparator(prompt: string): boolean {
  return splitPrompts(prompt).length > 1;
}
