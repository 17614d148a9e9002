import { strict as assert } from 'node:assert';
import { VariationsBatch } from '../../../../src/editor/generate/batch/batches';
import { runGenerateWizard } from '../../../../src/editor/generate/wizard/wizard';
import type { WizardOptions } from '../../../../src/editor/generate/wizard/wizardTypes';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { catalog } from '../../../support/catalog';
import { fakeWizardDependencies, fakeWizardState } from '../../../support/fakeWizard';
import { FakeImagesAlong } from '../../../support/fakeWizardImages';
import {
  FakeQuickInputs,
  choose,
  enter,
  escape,
  send,
  set,
  tick,
  write,
  type Deed,
  type FakePick,
} from '../../../support/fakeQuickInputs';

describe('the wizard with images', () => {
  let inputs: FakeQuickInputs;
  let memory: ReturnType<typeof fakeWizardState>;
  let looked: string[];

  beforeEach(() => {
    [inputs, memory, looked] = [new FakeQuickInputs(), fakeWizardState(), []];
  });

  const request = { images: [{ role: 'first' as const, source: 'file:///a.png' }] };
  const ask = async (images: FakeImagesAlong, start: Partial<WizardOptions>, ...deeds: Deed[]) => {
    inputs.plan(...deeds);
    const look = (sources: readonly string[]) => {
      looked.push(...sources);
      return Promise.resolve(images);
    };
    const deps = fakeWizardDependencies({ inputs, memory, look });
    const result = await runGenerateWizard(deps, { request, at: 'prompt', ...start });
    assert.equal(inputs.left, 0);
    assert.equal(images.ends.length, 0);
    return result;
  };
  const summary = () => inputs.shown.at(-1) as FakePick;

  it('says on the row of the images what is sent, for the size as it is, and hands on what was chosen', async () => {
    const images = new FakeImagesAlong();
    const result = await ask(images, {}, write('a kite'), ...set(['Size', '1280×720 (landscape)']), send);
    assert.equal(
      (inputs.shown[1] as FakePick).items.find(({ label }) => label === 'Images')?.detail,
      'fitted to 720x1280',
    );
    assert.equal(summary().items.find(({ label }) => label === 'Images')?.detail, 'fitted to 1280x720');
    assert.deepEqual(result?.fitsWith(result.request.options ?? {}), [
      { options: { mode: { kind: 'blur' } }, shown: '1280x720' },
    ]);
    assert.deepEqual(result.request.images, request.images);
  });

  for (const [what, deeds] of [
    ['from the row of the images', set(['Images', 'Preview Images…'])],
    ['from its own row', [choose('Preview Images…')]],
  ] as const) {
    it(`previews the image and comes back, ${what}`, async () => {
      const images = new FakeImagesAlong();
      images.ends = ['done'];
      const result = await ask(images, {}, write('a kite'), ...deeds, send);
      assert.equal(images.previewed[0]?.options['size'], '720x1280');
      assert.equal(result?.request.prompt, 'a kite');
    });
  }

  it('ends when the page is closed, and keeps the draft', async () => {
    const images = new FakeImagesAlong();
    images.ends = ['cancel'];
    assert.equal(await ask(images, {}, write('a kite'), choose('Preview Images…')), undefined);
    assert.equal(memory.draft()?.prompt, 'a kite');
  });

  it('inspects images once', async () => {
    const given = new FakeImagesAlong('inspected before');
    const start: Partial<WizardOptions> = { request: { ...request, prompt: 'a' }, at: 'summary' };
    await ask(new FakeImagesAlong(), start, escape);
    assert.deepEqual(looked, ['file:///a.png']);
    await ask(new FakeImagesAlong(), { ...start, images: given }, escape);
    assert.equal(looked.length, 1);
    assert.equal(summary().items.find(({ label }) => label === 'Images')?.detail, 'inspected before');
  });

  it('previews no link, and several images together', async () => {
    const images = new FakeImagesAlong();
    const start: Partial<WizardOptions> = { request: { ...request, prompt: 'a' }, at: 'summary' };
    images.count = 0;
    await ask(images, start, escape);
    assert.ok(!summary().rows.some((row) => row.startsWith('Preview')));
    images.count = 2;
    await ask(images, start, escape);
    assert.ok(summary().rows.includes('Preview Images…'));
  });

  for (const [what, deeds, details] of [
    ['once, where it is the same for all', [], [undefined, undefined]],
    [
      'for each, where they differ in size',
      [choose('Variations'), choose('Size'), tick('720×1280 (portrait)', '1280×720 (landscape)')],
      [undefined, 'fitted to 1280x720'],
    ],
  ] as const) {
    it(`says how the image of several requests is changed: ${what}`, async () => {
      const batch = new VariationsBatch({ catalog, inputs, random: Math.random, l10n: untranslatedL10n });
      const start: WizardOptions = {
        ...{ request: { ...request, prompt: 'a kite', model: 'sora-2' }, at: 'summary', batch },
      };
      await ask(new FakeImagesAlong(), start, ...deeds, escape);
      assert.equal(summary().items.find(({ label }) => label === 'Images')?.detail, 'fitted to 720x1280');
      assert.deepEqual(
        summary()
          .items.slice(-2)
          .map(({ detail }) => detail),
        details,
      );
    });
  }

  it('sends a batch of a remix, with all that the summary offers', async () => {
    const batch = new VariationsBatch({ catalog, inputs, random: Math.random, l10n: untranslatedL10n });
    const remix = { model: 'sora-2', prompt: 'at night', remixOf: 'video_1' };
    const result = await ask(new FakeImagesAlong(), { request: remix, at: 'summary', batch }, enter);
    assert.deepEqual(result?.requests, [
      { ...remix, options: {} },
      { ...remix, options: {} },
    ]);
    assert.deepEqual(summary().rows, [
      'Generate 2 Videos',
      'Variations: Videos: 2',
      'Model: Sora 2 · sora-2',
      'Remix Source: earlier video',
      ...['More Options…', 'Save as Preset…'],
    ]);
  });
});
