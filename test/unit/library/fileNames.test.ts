import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  relativeFolderSegments,
  libraryNames,
  sanitizeFileName,
  exportFileName,
  slug,
} from '../../../src/core/library/fileNames';

const table: readonly (readonly [text: string, name: string])[] = [
  ['a paper boat', 'a-paper-boat'],
  ['A Paper BOAT!', 'a-paper-boat'],
  ['  a\n\tpaper   boat. ', 'a-paper-boat'],
  ['../../etc/passwd', 'etc-passwd'],
  ['C:\\Windows\\system32', 'c-windows-system32'],
  ['a/b\\c:d*e?f"g<h>i|j', 'a-b-c-d-e-f-g-h-i-j'],
  ['猫が 走る', '猫が-走る'],
  ['Zwölf Käfer', 'zwölf-käfer'],
  ['Zwo\u0308lf', 'zwölf'],
  ['ﬁre ①', 'fire-1'],
  ['שלום עולם', 'שלום-עולם'],
  ['\u202eevil\u202c gpj', 'evil-gpj'],
  ['zero\u200bwidth', 'zero-width'],
  ['हिन्दी', 'हिन्दी'],
  ['🎬🎥', 'video'],
  ['cut 🎬 scene', 'cut-scene'],
  ['', 'video'],
  ['...', 'video'],
  ['-- !? --', 'video'],
  ['\u0000', 'video'],
  ['CON', 'video'],
  ['nul', 'video'],
  ['COM1', 'video'],
  ['lpt9', 'video'],
  ['con artist', 'con-artist'],
  ['com10', 'com10'],
  ['one two three four five six seven eight nine ten', 'one-two-three-four-five-six-seven-eight'],
  ['x'.repeat(300), 'x'.repeat(20)],
];

/** Characters that some system refuses in a name, or doesn't display as they are. */
// eslint-disable-next-line no-control-regex -- control characters are what must not be there
const BAD = /[\u0000-\u001f\u007f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]|[. ]$|^[. ]/u;

describe('slug', () => {
  for (const [text, name] of table) {
    it(`turns ${JSON.stringify(text.slice(0, 50))} into ${name}`, () => assert.equal(slug(text), name));
  }
  it('cuts a very long word without spaces between characters', () => {
    const name = slug('𠮷'.repeat(200));
    assert.equal(name, '𠮷'.repeat(20));
    assert.ok(name.isWellFormed());
  });
  it('property: returns a safe, short name for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.lorem()),
        (text) => {
          const name = slug(text);
          assert.ok(name !== '' && !BAD.test(name) && name.isWellFormed(), JSON.stringify(name));
          // The date, ID, number and temporary extension need space too (255 bytes in all).
          assert.ok(Buffer.byteLength(name) <= 160, String(Buffer.byteLength(name)));
          assert.equal(slug(name), name, 'what is a name stays one');
        },
      ),
    );
  });
});

describe('libraryNames', () => {
  const libraryName = (named: typeof task, position: number) =>
    libraryNames(named, position + 1)[position] ?? '';
  const task = {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    createdAt: Date.UTC(2026, 10, 22, 23, 59),
    prompt: 'A boat',
  };
  it('contains day, words and ID, and a number for further videos', () => {
    assert.equal(libraryName(task, 0), '2026-11-22-a-boat-0f8fad5b');
    assert.equal(libraryName(task, 1), '2026-11-22-a-boat-0f8fad5b-2');
    assert.equal(libraryName(task, 3), '2026-11-22-a-boat-0f8fad5b-4');
  });
  it('returns the same name again, and different ones for other tasks and places', () => {
    assert.equal(libraryName(task, 0), libraryName({ ...task }, 0));
    const names = [libraryName(task, 0), libraryName(task, 1), libraryName({ ...task, id: '1f8fad5b' }, 0)];
    assert.equal(new Set(names).size, names.length);
  });
  it('never returns a name that is a prefix of another task’s temporary files', () => {
    // Partial files are deleted by the name and a dot.
    assert.ok(!`${libraryName(task, 1)}.`.startsWith(`${libraryName(task, 0)}.`));
  });
  it('leaves space for the temporary extension, even at maximum length', () => {
    for (const prompt of ['語'.repeat(40), '語語 '.repeat(40), '𠮷'.repeat(40), 'ﷺ'.repeat(40)]) {
      const name = libraryName({ ...task, prompt }, 3);
      assert.ok(Buffer.byteLength(`${name}.${task.id}.json.part`) <= 255, name);
    }
  });
});

describe('exportFileName', () => {
  const parts = {
    id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    createdAt: new Date(2026, 10, 22, 7, 5, 9).getTime(),
    model: 'sora-2',
    prompt: 'A boat: on the sea',
    seconds: 4.04,
    width: 1280,
    height: 720,
    position: 0,
  };
  const names: readonly (readonly [template: string, name: string])[] = [
    ['{date}-{model}-{slug}', '2026-11-22-sora-2-a-boat-on-the-sea'],
    ['{time} {seconds}s {size} {id} {n}', '07-05-09 4s 1280x720 0f8fad5b 1'],
    ['{slug}.mp4', 'a-boat-on-the-sea'],
    ['clips/{slug}', 'clips-a-boat-on-the-sea'],
    ['..\\..\\{slug}', 'a-boat-on-the-sea'],
    ['C:\\{n}', 'C-1'],
    ['.{slug}. ', 'a-boat-on-the-sea'],
    ['con', 'video-con'],
    ['NUL.tar', 'video-NUL.tar'],
    ['   ', 'video'],
    ['{slug', '{slug'],
    ['a{{slug}}', 'a{a-boat-on-the-sea}'],
    ['\u202egpj.{n}', 'gpj.1'],
  ];
  for (const [template, name] of names) {
    it(`turns ${JSON.stringify(template)} into ${name}`, () =>
      assert.deepEqual(exportFileName(template, parts), { name }));
  }
  it('reports an unknown placeholder', () => {
    assert.deepEqual(exportFileName('{date}-{price}', parts), { unknown: '{price}' });
    assert.deepEqual(exportFileName('{Date}', parts), { unknown: '{Date}' });
    assert.deepEqual(exportFileName('{}', parts), { unknown: '{}' });
    // Placeholders in a prompt aren't replaced.
    assert.deepEqual(exportFileName('{slug}', { ...parts, prompt: '{price}' }), { name: 'price' });
  });
  it('property: is safe on every system, whatever the template and the prompt', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.lorem());
    fc.assert(
      fc.property(text, text, (template, prompt) => {
        const made = exportFileName(template.replace(/[{}]/g, '') + '{slug}', { ...parts, prompt });
        assert.ok('name' in made);
        const { name } = made;
        assert.ok(name !== '' && !BAD.test(name) && name.isWellFormed(), JSON.stringify(name));
        assert.ok(Buffer.byteLength(`${name}-999.mp4`) <= 255);
        assert.equal(sanitizeFileName(name), name, 'what is a name stays one');
      }),
    );
  });
});

describe('relativeFolderSegments', () => {
  const good: readonly (readonly [text: string, steps: readonly string[]])[] = [
    ['videos', ['videos']],
    [' docs/media/ ', ['docs', 'media']],
    ['docs\\media', ['docs', 'media']],
    ['./a//b/.', ['a', 'b']],
    ['.github/media', ['.github', 'media']],
    ['', []],
    ['.', []],
    ['映像', ['映像']],
  ];
  for (const [text, steps] of good) {
    it(`accepts ${JSON.stringify(text)}`, () => assert.deepEqual(relativeFolderSegments(text), steps));
  }
  const bad = [
    ...['..', '../videos', 'a/../../b', 'a/..', '/tmp', '\\\\server\\share', '\\tmp', 'C:', 'c:/videos'],
    ...['C:\\videos', '~', '~/videos', 'a/.. /b', 'a/.../b', 'a./b', 'file:///tmp', 'a|b', 'a\0b', 'con/x'],
    ...['aux.d', 'vi\u202edeos', 'what?', '${workspaceFolder}/x:y'],
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(relativeFolderSegments(text), undefined));
  }
  it('property: has only steps that lead down', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', 'a', ' ', ':', '...', 'nul', '~', '%2e', '\u2024');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const step of relativeFolderSegments(pieces.join('')) ?? []) {
          assert.ok(step !== '' && !/^\.+$/.test(step) && !/[\\/:]/.test(step) && step === step.trim());
        }
      }),
    );
  });
});
