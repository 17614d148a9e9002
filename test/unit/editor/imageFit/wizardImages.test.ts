import { strict as assert } from 'node:assert';
import { looksLikeKey } from '../../../../src/core/gateway/redaction';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { BatchSteps } from '../../../../src/editor/generate/batch/batchSteps';
import { runGenerateWizard, type WizardOptions } from '../../../../src/editor/generate/wizard/wizard';
import type { StepResult } from '../../../../src/editor/common/multiStep';
import { WizardState } from '../../../../src/editor/generate/wizard/wizardState';
import { FakeImagesAlong } from '../../../support/fakeWizardImages';
import { FakeMemento } from '../../../support/fakeMemento';
import {
  FakeQuickInputs,
  choose,
  enter,
  escape,
  press,
  tick,
  write,
  type Deed,
  type FakePick,
} from '../../../support/fakeQuickInputs';
import { catalog } from '../../../support/catalog';

const ignore = () => undefined;
const done = () => Promise.resolve();
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Images that do not fit, of somebody who ends the page so. */
function misfit(...ends: StepResult[]): FakeImagesAlong {
  return Object.assign(new FakeImagesAlong(), { misfits: ['1280x720', '720x1280'], ends });
}

describe('the wizard with images', () => {
  let inputs: FakeQuickInputs;
  let memory: WizardState;
  let looked: string[];

  beforeEach(() => {
    inputs = new FakeQuickInputs();
    looked = [];
    memory = new WizardState({
      workspace: new FakeMemento(),
      global: new FakeMemento(),
      looksLikeKey,
      log: silent,
    });
  });

  const request = { images: [{ role: 'first' as const, source: 'file:///a.png' }] };
  const ask = async (images: FakeImagesAlong, start: Partial<WizardOptions>, ...deeds: Deed[]) => {
    inputs.plan(...deeds);
    const result = await runGenerateWizard(
      {
        ...{
          inputs,
          memory,
          catalog,
          models: catalog.listedModels,
          hintOf: () => undefined,
          language: 'en',
          l10n: untranslatedL10n,
        },
        ...{ host: () => 'gateway.example', openEditor: done, remember: done },
        looksLikeKey,
        presets: { read: () => ({ presets: [], invalid: [] }), save: done, remove: done, edit: ignore },
        look: (sources) => {
          looked.push(...sources);
          return Promise.resolve(images);
        },
      },
      { request, at: 'prompt', ...start },
    );
    assert.equal(inputs.left, 0);
    assert.equal(images.ends.length, 0);
    return result;
  };
  const labels = () => (inputs.shown.at(-1) as FakePick).items.map(({ label }) => label);

  it('shows an image that does not fit before the last step, and hands on what was chosen', async () => {
    const images = misfit('forward');
    const result = await ask(images, {}, write('a kite'), enter, choose('1280 × 720, landscape'), enter);
    assert.deepEqual(inputs.places, ['2/6', '3/6', '4/6', '6/6']);
    assert.deepEqual(images.asked[0]?.place, { number: 5, of: 6 });
    assert.equal(images.asked[0].subject?.options['size'], '1280x720');
    assert.match(inputs.shown.at(-1)?.prompt ?? '', /fitted to 1280x720/);
    assert.deepEqual(result?.fits, [{ options: { mode: { kind: 'blur' } }, shown: '1280x720' }]);
    assert.deepEqual(result.request.images, request.images);
  });

  it('asks nothing where all fit, but offers a look, from where it returns', async () => {
    const images = misfit('forward', 'back');
    images.misfits = [];
    const look = choose('Look at the Image…');
    const result = await ask(images, {}, write('a kite'), enter, enter, look, look, enter);
    assert.deepEqual(inputs.places.slice(-2), ['5/5', '5/5']);
    assert.deepEqual(labels(), [
      '$(play) Generate Video',
      '$(file-media) Look at the Image…',
      '$(settings) More Options…',
      '$(bookmark) Save as Preset…',
    ]);
    assert.deepEqual(
      images.asked.map(({ place }) => place),
      [undefined, undefined],
    );
    assert.equal(result?.request.prompt, 'a kite');
  });

  it('leads back from the page, and forth to another size that needs none', async () => {
    const images = misfit('back');
    images.misfits = ['720x1280'];
    await ask(
      images,
      {},
      write('a kite'),
      enter,
      choose('720 × 1280, portrait'),
      choose('1280 × 720, landscape'),
      enter,
    );
    assert.deepEqual(inputs.places, ['2/6', '3/6', '4/6', '4/6', '5/5']);
  });

  it('leads back to the page from the last step', async () => {
    const images = misfit('forward', 'forward');
    await ask(images, {}, write('a kite'), enter, enter, press(), enter);
    assert.equal(images.asked.length, 2);
  });

  for (const [what, misfits, deeds] of [
    ['as a step', ['720x1280'], [write('a kite'), enter, enter]],
    ['from the last one', [], [write('a kite'), enter, enter, choose('Look at the Image…')]],
  ] as const) {
    it(`ends when the page is closed, ${what}, and keeps the draft`, async () => {
      const images = misfit('away');
      images.misfits = misfits;
      assert.equal(await ask(images, {}, ...deeds), undefined);
      assert.equal(memory.draft()?.prompt, 'a kite');
    });
  }

  it('looks at images that nobody has looked at, once', async () => {
    const given = new FakeImagesAlong('looked at before');
    await ask(misfit(), { request: { ...request, prompt: 'a' }, at: 'summary' }, escape);
    assert.deepEqual(looked, ['file:///a.png']);
    await ask(misfit(), { request: { ...request, prompt: 'a' }, at: 'summary', images: given }, escape);
    assert.equal(looked.length, 1);
    assert.match(inputs.shown.at(-1)?.prompt ?? '', /looked at before/);
  });

  for (const [what, deeds, shared, own] of [
    ['for all, where it is the same', [choose('The Same Again'), enter], /fitted to 720x1280/, undefined],
    [
      'of each, where they differ in size',
      [choose('Size'), tick('720 × 1280, portrait', '1280 × 720, landscape')],
      /^“a kite”$/,
      ['fitted to 720x1280', 'fitted to 1280x720'],
    ],
  ] as const) {
    it(`says what becomes of the image of several requests: ${what}`, async () => {
      const prepare = () => Promise.resolve([]);
      const host = () => 'gateway.example';
      const steps = new BatchSteps({
        catalog,
        inputs,
        host,
        prepare,
        random: Math.random,
        l10n: untranslatedL10n,
      });
      const start: Partial<WizardOptions> = {
        ...{ request: { ...request, prompt: 'a kite', model: 'sora-2' }, at: 'afterPrompt' },
        finalSteps: (answers) => steps.steps(answers),
      };
      await ask(new FakeImagesAlong(), start, enter, enter, ...deeds, escape);
      const { prompt, items } = inputs.shown.at(-1) as FakePick;
      assert.match(prompt ?? '', shared);
      assert.deepEqual(
        items.slice(-2).map(({ detail }) => detail),
        own ?? [undefined, undefined],
      );
    });
  }

  it('offers no look at a link, and several looks at several', async () => {
    const images = misfit();
    [images.misfits, images.count] = [[], 0];
    await ask(images, { request: { ...request, prompt: 'a' }, at: 'summary' }, escape);
    assert.deepEqual(labels(), [
      '$(play) Generate Video',
      '$(settings) More Options…',
      '$(bookmark) Save as Preset…',
    ]);
    images.count = 2;
    await ask(images, { request: { ...request, prompt: 'a' }, at: 'summary' }, escape);
    assert.ok(labels().includes('$(file-media) Look at the Images…'));
  });
});
