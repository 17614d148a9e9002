import assert from 'node:assert/strict';
import fc from 'fast-check';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { RequestError } from '../../../src/core/models/family';
import { catalog, prepareRequest } from '../../support/catalog';

const base = { model: 'sora-2', prompt: 'a paper boat in the rain' };
const prepare = (changes: Record<string, unknown> = {}) =>
  prepareRequest({ ...base, ...changes }, untranslatedL10n);
const refuses = (input: unknown, ...words: RegExp[]) =>
  assert.throws(
    () => prepareRequest(input, untranslatedL10n),
    (error) => {
      assert.ok(error instanceof RequestError, String(error));
      for (const word of words) assert.match(error.message, word);
      // Messages are complete sentences without internal names.
      assert.match(error.message, /^[A-Z'].*[.…)]$|→/s);
      assert.doesNotMatch(error.message, /\n|undefined|\[object|ZodError/);
      return true;
    },
  );

describe('prepareRequest for sora-2', () => {
  it('writes the exact body, with all defaults', () => {
    const { body, request, family } = prepare();
    assert.equal(
      body,
      '{"model":"sora-2","prompt":"a paper boat in the rain","seconds":"4","size":"720x1280"}',
    );
    assert.deepEqual(request, { ...base, options: { seconds: '4', size: '720x1280' } });
    assert.equal(family.id, 'sora');
    assert.equal(family.result, 'download');
  });
  it('writes options in a fixed order', () => {
    const { body } = prepare({ options: { user: 'me', size: '1280x720', seconds: 8 } });
    assert.equal(
      body,
      '{"model":"sora-2","prompt":"a paper boat in the rain","seconds":"8","size":"1280x720","user":"me"}',
    );
  });
  it('writes the same body for the same request, and accepts a prepared request again', () => {
    const first = prepare({ options: { seconds: 12 } });
    assert.equal(prepareRequest(first.request, untranslatedL10n).body, first.body);
  });

  const seconds: readonly (readonly [value: unknown, sent: string | undefined])[] = [
    ['4', '4'],
    ['8', '8'],
    ['12', '12'],
    [4, '4'],
    [8, '8'],
    [12, '12'],
    [4.0, '4'],
    ['04', undefined],
    ['4.0', undefined],
    [' 4', undefined],
    ['4s', undefined],
    ['', undefined],
    [5, undefined],
    [0, undefined],
    [-4, undefined],
    [4.5, undefined],
    [NaN, undefined],
    [Infinity, undefined],
    [true, undefined],
    [null, undefined],
    [['4'], undefined],
    [{}, undefined],
  ];
  for (const [value, sent] of seconds) {
    const result = sent === undefined ? 'rejects' : `sends "${sent}" for`;
    it(`${result} seconds ${JSON.stringify(value)} (${typeof value})`, () => {
      if (sent === undefined) refuses({ ...base, options: { seconds: value } });
      else
        assert.equal(
          (JSON.parse(prepare({ options: { seconds: value } }).body) as { seconds: unknown }).seconds,
          sent,
        );
    });
  }
  it('lists valid seconds for an invalid number', () => {
    refuses({ ...base, options: { seconds: 5 } }, /seconds/, /4, 8, 12/);
  });

  for (const size of ['720x1280', '1280x720']) {
    it(`accepts size ${size}`, () =>
      assert.match(prepare({ options: { size } }).body, new RegExp(`"size":"${size}"`)));
  }
  for (const size of ['1080x1920', '720X1280', '720*1280', ' 720x1280', '', 720, true]) {
    it(`lists valid sizes for ${JSON.stringify(size)}`, () => {
      refuses({ ...base, options: { size } }, /size/, /720x1280, 1280x720/);
    });
  }
  for (const user of ['', 5, true]) {
    it(`rejects user ${JSON.stringify(user)}`, () => refuses({ ...base, options: { user } }, /user/));
  }
  for (const name of [
    'width',
    'height',
    'input_reference',
    'remix_from_video_id',
    'duration',
    'Seconds',
    'seconds ',
    '__proto',
    'constructor',
    'model',
  ]) {
    it(`names the unknown option "${name}" and the known ones`, () => {
      refuses({ ...base, options: { [name]: 4 } }, new RegExp(name.trim()), /seconds, size, user, extra/);
    });
  }
  it('reports several errors at once', () => {
    refuses({ ...base, options: { seconds: 5, size: 'big', fps: 1 } }, /seconds/, /size/, /fps/);
  });
  it('treats no images as none given', () => {
    assert.equal(prepare({ images: [] }).body, prepare().body);
  });
});

describe('prepareRequest with prompts', () => {
  for (const prompt of ['', ' ', '\n\t\r ', '\u00a0', '\u3000', '\ufeff']) {
    it(`rejects an empty one: ${JSON.stringify(prompt)}`, () =>
      refuses({ ...base, prompt }, /prompt is empty/));
  }
  it('property: sends and stores any other prompt byte for byte', () => {
    const prompt = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '  “Zwölf”\n\n猫\t',
        '\ud83c\udfac',
        '\ud800 alone',
        '</script>',
        '{"a":1}',
        '\u0000',
        '--rs 720p',
        '\u2028',
      ),
    );
    fc.assert(
      fc.property(prompt, (text) => {
        fc.pre(text.trim() !== '');
        const { body, request } = prepare({ prompt: text });
        assert.equal((JSON.parse(body) as { prompt: string }).prompt, text);
        assert.equal(request.prompt, text);
        // UTF-8 keeps half a surrogate pair as well.
        assert.equal((JSON.parse(Buffer.from(body).toString()) as { prompt: string }).prompt, text);
      }),
    );
  });
});

/** Any value with the form of a request. */
const anyRequest = {
  model: fc.oneof(
    fc.constantFrom(...catalog.models.map(({ id }) => id)),
    fc.constantFrom('veo-9', 'wan9', 'doubao-seedance-3-'),
  ),
  prompt: fc.oneof(fc.string(), fc.constantFrom('a --rs 1', '--seed 1')),
  options: fc.dictionary(
    fc.oneof(
      fc.string(),
      fc.constantFrom('seed', 'duration', 'size', 'resolution', 'extra', 'metadata', 'user'),
    ),
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.double(),
      fc.constantFrom('{}', '{"__proto__":1}', '5'),
    ),
    { maxKeys: 4 },
  ),
  images: fc.array(
    fc.record({
      role: fc.constantFrom('first', 'last', 'reference'),
      source: fc.oneof(
        fc.string({ minLength: 1 }),
        fc.constantFrom('https://a.example/b.png', 'data:image/png;base64,AAAA'),
      ),
    }),
    { maxLength: 5 },
  ),
  remixOf: fc.constantFrom('video_1', 'x'),
};

describe('prepareRequest with models and input shapes', () => {
  for (const model of catalog.models) {
    it(`knows ${model.id}`, () => assert.equal(catalog.familyOf(model.id), model.family));
  }
  it('accepts other IDs of a known family by their prefix, unchanged', () => {
    assert.match(prepare({ model: 'sora-2-pro' }).body, /"model":"sora-2-pro"/);
    assert.match(prepare({ model: 'sora-3' }).body, /"model":"sora-3"/);
  });
  for (const model of ['', 'sora', 'Sora-2', ' sora-2', 'xsora-2', 'gpt-4', 'constructor', '__proto__']) {
    it(`rejects the unknown model "${model}" and lists known ones`, () =>
      refuses({ ...base, model }, /sora-2/));
  }
  for (const input of [
    undefined,
    null,
    'sora-2',
    [],
    {},
    { model: 'sora-2' },
    { prompt: 'x' },
    { ...base, model: 2 },
    { ...base, prompt: ['x'] },
    { ...base, options: 'seconds' },
    { ...base, options: { seconds: { a: 1 } } },
    { ...base, images: 'x' },
    { ...base, images: [{ role: 'middle', source: 'x' }] },
    { ...base, images: [{ role: 'first', source: '' }] },
    { ...base, remixOf: '' },
    { ...base, extra: 1 },
    { ...base, seconds: '4' },
  ]) {
    it(`rejects ${JSON.stringify(input)}`, () => {
      assert.throws(() => prepareRequest(input, untranslatedL10n), RequestError);
    });
  }
  it('property: returns a request or throws a RequestError for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ model: fc.constant('sora-2'), prompt: fc.string(), options: fc.anything() }),
          fc.record(anyRequest, { requiredKeys: ['model', 'prompt'] }),
        ),
        (input) => {
          try {
            const { body, request } = prepareRequest(input, untranslatedL10n);
            assert.equal((JSON.parse(body) as { model: string }).model, request.model);
            assert.equal(prepareRequest(request, untranslatedL10n).body, body);
          } catch (error) {
            assert.ok(error instanceof RequestError, String(error));
          }
        },
      ),
    );
  });
});
