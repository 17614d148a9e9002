import assert from 'node:assert/strict';
import fc from 'fast-check';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { Image } from '../../../src/core/models/family';
import type { Mode } from '../../../src/core/models/modes';
import { checkOptions, parametersOf, resolveOptions } from '../../../src/core/models/options';
import type { OptionValue, Options, Values } from '../../../src/core/models/parameter';
import { findFamily } from '../../gateway/families/families';
import type { Accepted } from '../../gateway/families/family';
import type { TaskSnapshot } from '../../gateway/pretendTask';
import { dataUri, jpeg, png } from '../gateway-server/images';
import { catalog, prepareRequest } from '../../support/catalog';

/** Any value that an option allows. */
function anyOf(values: Values): fc.Arbitrary<OptionValue> {
  switch (values.kind) {
    case 'choice':
      return fc.constantFrom(...values.of);
    case 'flag':
      return fc.boolean();
    case 'whole': {
      const { from, to = 1_000, step = 1 } = values;
      const steps = Math.floor((to - from) / step);
      return fc.integer({ min: 0, max: steps }).map((count) => from + count * step);
    }
    case 'number':
      return fc.double({ min: values.from, max: values.to, noNaN: true });
    case 'text':
      return fc.constantFrom('16:9', 'a text', '{"a":1}');
    case 'link':
      return fc.constantFrom('https://example.com/a.mp3', 'HTTPS://example.com/b.wav?c=d&e=%20');
    case 'object':
      return fc.constantFrom('{}', '{"callback":{"url":"x"}}');
  }
}

/** Some of the options, each with a value that is allowed on its own. */
function anyWishes(model: string, mode: Mode): fc.Arbitrary<Record<string, OptionValue | undefined>> {
  const { family } = catalog.models.find(({ id }) => id === model)!;
  const parameters = parametersOf(family, { model, mode, options: {} }).filter(
    // The validation can't know undocumented limits either.
    ({ name, unavailable }) => name !== 'extra' && !unavailable,
  );
  const arbitraries = Object.fromEntries(parameters.map(({ name, values }) => [name, anyOf(values)]));
  return fc.record(arbitraries, { requiredKeys: [] });
}

const ROLES: Readonly<Record<Mode, readonly Image['role'][]>> = {
  text: [],
  first: ['first'],
  firstLast: ['first', 'last'],
  reference: ['reference', 'reference', 'reference', 'reference'],
  remix: [],
};

function imagesFor(mode: Mode, family: string, { size }: Options): Image[] {
  const [width = 720, height = 720] = family === 'sora' ? String(size).split('x').map(Number) : [];
  const source =
    family === 'legacy' ? dataUri(jpeg(width, height), 'jpeg') : dataUri(png(width, height), 'png');
  return ROLES[mode].map((role) => ({ role, source }));
}

const finished = {
  family: 'sora',
  status: 'succeeded',
  specs: [{ width: 1280, height: 720, seconds: 8 }],
} as unknown as TaskSnapshot;

/** Response of the pretend gateway to a body. It's strict and reports what it changes. */
async function judge(model: string, body: string): Promise<Accepted> {
  const family = findFamily(model);
  assert.ok(family, `the pretend gateway does not know ${model}`);
  const verdict = await family.accept({
    model,
    body: JSON.parse(body) as Record<string, unknown>,
    findTask: () => finished,
  });
  if ('refusal' in verdict) assert.fail(`${body}: ${JSON.stringify(verdict.refusal)}`);
  return verdict;
}

describe('the options of each family', () => {
  for (const { id: model, family } of catalog.models) {
    for (const mode of family.modes(model)) {
      it(`are accepted unchanged by the gateway: ${model}, ${mode}`, async () => {
        await fc.assert(
          fc.asyncProperty(anyWishes(model, mode), async (wishes) => {
            const { options } = resolveOptions(family, { model, mode }, wishes);
            const images = imagesFor(mode, family.id, options);
            const remix = mode === 'remix' ? { remixOf: 'video_1' } : {};
            const prepared = prepareRequest(
              { model, prompt: 'a fox', options, images, ...remix },
              untranslatedL10n,
            );
            assert.deepEqual(prepared.request.options, options);
            const { silentChanges: silently, videos, imageUse } = await judge(model, prepared.body);
            assert.deepEqual(silently, [], prepared.body);
            assert.equal(imageUse, images.length > 0 ? 'used' : 'none');
            assert.equal(videos.length, options['sampleCount'] ?? options['n'] ?? 1);
            const length = options['seconds'] ?? options['duration'] ?? options['durationSeconds'];
            if (mode !== 'remix') assert.equal(videos[0]?.seconds, Number(length));
          }),
          { numRuns: 60 },
        );
      });

      it(`resolve to legal values, and legal values stay: ${model}, ${mode}`, () => {
        fc.assert(
          fc.property(anyWishes(model, mode), (wishes) => {
            const { options } = resolveOptions(family, { model, mode }, wishes);
            assert.deepEqual(checkOptions(family, { model, mode }, options), { options });
            const checked = checkOptions(family, { model, mode }, wishes);
            if ('options' in checked) assert.deepEqual(options, checked.options);
          }),
          { numRuns: 60 },
        );
      });
    }
  }
});

describe('the pretend gateway', () => {
  // The tests above rely on these reports.
  const bodies: readonly (readonly [model: string, fields: object, said: RegExp])[] = [
    ['sora-2', { seconds: '5' }, /seconds becomes 4/],
    ['sora-2', { size: '1x1' }, /size becomes 720x1280/],
    ['sora-2', { input_reference: 'x' }, /dropped/],
    ['sora-2', { remix_video_id: 'video_1', seconds: '4' }, /seconds is not read/],
    ['sora-2', { duration: 4 }, /duration is not read/],
    ['veo-3.1-generate-preview', { durationSeconds: 5 }, /durationSeconds becomes 4/],
    ['veo-3.1-generate-preview', { personGeneration: 'x' }, /personGeneration/],
    ['veo-3.1-generate-preview', { sample_count: 2 }, /sample_count is not read/],
    ['veo-3.1-generate-preview', { seed: 0 }, /seed 0/],
    ['veo-3.1-fast-generate-preview', { generateAudio: false }, /generateAudio is not read/],
    ['wan2.5-t2v-preview', { size: '832*480', resolution: '720p' }, /size wins/],
    ['wan2.5-t2v-preview', { aspect_ratio: '16:9' }, /aspect_ratio is not read/],
    ['wan2.5-t2v-preview', { audio_url: 'https://x', generate_audio: false }, /generate_audio/],
    ['doubao-seedance-1-0-pro-250528', {}, /placeholder/],
    ['doubao-seedance-1-0-pro-250528', { metadata: { return_last_frame: true } }, /return_last_frame/],
    ['doubao-seedance-1-0-pro-250528', { duration: 5 }, /duration is not read/],
    ['kling-v1', { watermark: true }, /watermark is not read/],
    ['kling-v1', { n: 1, metadata: { n: 1 } }, /n of metadata wins/],
  ];
  for (const [model, fields, said] of bodies) {
    it(`reports ${String(said)}: ${model} ${JSON.stringify(fields)}`, async () => {
      const { silentChanges: silently } = await judge(
        model,
        JSON.stringify({ model, prompt: 'a fox', ...fields }),
      );
      assert.match(silently.join('\n'), said);
    });
  }
});
