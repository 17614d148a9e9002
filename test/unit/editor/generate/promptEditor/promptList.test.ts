import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  containsSeparator,
  joinPrompts,
  splitPrompts,
  withPrompt,
  withoutPrompt,
} from '../../../../../src/editor/generate/promptEditor/promptList';

describe('a list of prompts', () => {
  const cases: readonly (readonly [text: string, ...prompts: (readonly [text: string, line: number])[]])[] = [
    ['', ['', 0]],
    ['a kite', ['a kite', 0]],
    ['a\n---\nb', ['a', 0], ['b', 2]],
    // Line ends that belong to no separator stay, of whatever kind.
    ['  a \n\n---\n\tb\n', ['  a \n', 0], ['\tb\n', 3]],
    ['a\r\nb\r\n---\r\nc', ['a\r\nb', 0], ['c', 3]],
    ['a\r---\rb', ['a', 0], ['b', 2]],
    // Blanks behind a separator can't be seen.
    ['a\n---  \t\nb', ['a', 0], ['b', 2]],
    // Not separators: other text on the line, or longer.
    ['a\n ---\nb', ['a\n ---\nb', 0]],
    ['a\n----\n-- -\n---b\nc---', ['a\n----\n-- -\n---b\nc---', 0]],
    // Empty ones count, so that they can be named.
    ['---\na', ['', 0], ['a', 1]],
    ['a\n---', ['a', 0], ['', 2]],
    ['a\n---\n', ['a', 0], ['', 2]],
    ['a\n---\n---\nb', ['a', 0], ['', 2], ['b', 3]],
    ['---', ['', 0], ['', 1]],
  ];
  for (const [text, ...prompts] of cases) {
    it(`${JSON.stringify(text)} is ${prompts.map(([prompt]) => JSON.stringify(prompt)).join(' and ')}`, () => {
      assert.deepEqual(
        splitPrompts(text),
        prompts.map(([prompt, line]) => ({ text: prompt, line })),
      );
      assert.equal(containsSeparator(text), prompts.length > 1);
    });
  }

  it('gives back what it was made of, byte for byte', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('-', '--', '---', '----', '--- ', ' ---', ''));
    const prompt = fc
      .array(line)
      .map((lines) => lines.join('\n').replaceAll('\r', ''))
      .filter((text) => !containsSeparator(text));
    fc.assert(
      fc.property(fc.array(prompt, { minLength: 1 }), fc.constantFrom('\n', '\r\n'), (prompts, lineEnd) => {
        const texts = prompts.map((text) => text.replaceAll('\n', lineEnd));
        assert.deepEqual(
          splitPrompts(joinPrompts(texts, lineEnd)).map(({ text }) => text),
          texts,
        );
      }),
    );
  });

  for (const [list, prompt, left] of [
    ['a\n---\nb\n---\nc', 'b', 'a\n---\nc'],
    // Only the first of several equal prompts is removed.
    ['a\n---\nb\n---\na', 'a', 'b\n---\na'],
    ['  a\n\n---\nb', '  a\n', 'b'],
    ['a', 'a', ''],
    ['a\n---\nb', 'a ', undefined],
  ] as const) {
    it(`${JSON.stringify(list)} without ${JSON.stringify(prompt)} is ${JSON.stringify(left)}`, () => {
      assert.equal(withoutPrompt(list, prompt, '\n'), left);
    });
  }

  for (const [list, prompt, after, whole] of [
    ['b\n---\nc', 'a', 0, 'a\n---\nb\n---\nc'],
    ['x\n---\nc', 'a', 1, 'x\n---\na\n---\nc'],
    ['x', 'a', 2, 'x\n---\na'],
    ['\n', 'a', 1, 'a'],
  ] as const) {
    it(`${JSON.stringify(list)} with ${prompt} after ${after} prompts`, () => {
      assert.equal(withPrompt(list, prompt, after, '\n'), whole);
    });
  }
});
