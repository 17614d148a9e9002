/** Shown in place of a line break. */
const LINE_BREAK = '⏎';
/** Shown in place of a character that is invisible, or that changes the order of others. */
const HIDDEN = '\ufffd';

/** A line break in any script, with the spaces around it. */
const LINE_BREAKS = /[^\S\u2028\u2029\ufeff]*(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])[\s\u0085]*/gu;

/**
 * Controls, format characters such as bidi marks and zero-width spaces, private and unassigned ones, lone surrogates,
 * and letters that are drawn as nothing. A zero-width joiner inside an emoji stays.
 */
const INVISIBLE =
  // eslint-disable-next-line no-misleading-character-class -- single code points, on purpose
  /(?<!\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d|\u200d(?!\p{Extended_Pictographic})|(?!\u200d)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;

/**
 * Formats untrusted text as one short line in which every character is visible, so that it can't imitate UI text.
 * @param max maximum length in characters. Longer text is cut in the middle, because its end may matter
 */
export function visibleLine(text: string, max: number): string {
  // Enough input for `max` visible characters, whatever is removed.
  const room = max * 8;
  const short = text.length <= 2 * room ? text : text.slice(0, room) + text.slice(-room);
  const line = short
    .replace(LINE_BREAKS, ` ${LINE_BREAK} `)
    .replace(/[^\S\ufeff]+/gu, ' ')
    .replace(INVISIBLE, HIDDEN)
    .trim()
    .replace(/^(?:⏎ ?)+|(?: ?⏎)+$/gu, '');
  const characters = Array.from(line);
  if (characters.length <= max && short === text) return line;
  const tail = Math.floor((max - 1) / 3);
  const head = max - 1 - tail;
  // Remove the dangling joiner of an emoji that was cut.
  const start = cutAtSpace(characters.slice(0, head).join(''), / \S*$/u).replace(/\u200d+$/u, '');
  const end =
    tail === 0 ? '' : cutAtSpace(characters.slice(-tail).join(''), /^\S* /u).replace(/^\u200d+/u, '');
  return `${start}…${end}`;
}

/** As {@link visibleLine} for logs: not shortened, and keeps the lines of a stack trace. */
export function visibleLog(text: string): string {
  return text
    .replace(/\r?\n(?! {4}at )[\s\u0085]*/gu, ` ${LINE_BREAK} `)
    .replace(/[^\S\n ]/gu, ' ')
    .replace(INVISIBLE, (character) => (character === '\n' ? '\n' : HIDDEN));
}

/** Cuts a text at a space, if at least half of it remains. */
function cutAtSpace(text: string, rest: RegExp): string {
  const cut = text.replace(rest, '');
  return cut.length >= text.length / 2 ? cut : text;
}
