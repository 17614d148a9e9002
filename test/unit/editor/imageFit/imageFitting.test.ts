import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { ImagePipeline, SendableImage, SourceInfo } from '../../../../src/core/images/imagePipeline';
import type { ImageLimits } from '../../../../src/core/images/imageLimits';
import type { ImageRole } from '../../../../src/core/models/request';
import { WizardImageSet } from '../../../../src/editor/imageFit/wizardImages';
import type { FitTarget } from '../../../../src/editor/imageFit/imagesStep';
import { FakeImageFitDialog } from '../../../support/fakeImageFitDialog';
import { catalog } from '../../../support/catalog';

function subject(id: string, options: FitTarget['options'] = {}): FitTarget {
  const family = catalog.familyOf(id);
  assert.ok(family);
  return { model: { id, family }, options };
}

const landscape = subject('sora-2', { size: '1280x720' });
const portrait = subject('sora-2', { size: '720x1280' });
const seedance = subject('doubao-seedance-1-5-pro-251215');
const veo = subject('veo-3.1-generate-preview', { aspectRatio: '16:9', resolution: '1080p' });

const picture = (width: number, height: number, hasAlpha = false): SourceInfo => ({
  ...{ kind: 'image', format: 'png', orientation: 1, animated: false, lossless: true, bytes: 12_345 },
  ...{ width, height, hasAlpha },
});
const link: SourceInfo = { kind: 'link', url: 'https://pictures.example/a.png' };
const part = { x: 0, y: 0, width: 1, height: (9 / 16) * (9 / 7) };

describe('the images of a request on their way through the wizard', () => {
  let pages: FakeImageFitDialog;
  let limitsSeen: ImageLimits[];

  beforeEach(() => {
    [pages, limitsSeen] = [new FakeImageFitDialog(), []];
  });

  const fitting = (...infos: SourceInfo[]) => {
    const images: Pick<ImagePipeline, 'fit'> = {
      fit: async (source, limits, wish): Promise<SendableImage> => {
        limitsSeen.push(limits);
        const bytes = new TextEncoder().encode(JSON.stringify([source, limits, wish]));
        const original = { ...picture(900, 700), kind: undefined } as never;
        return Promise.resolve({
          kind: 'image',
          bytes,
          format: 'png',
          width: 1,
          height: 1,
          changes: [],
          original,
        });
      },
    };
    const found = infos.map((info, index) => ({ source: `file:///pictures/my%20photo${index}.png`, info }));
    return new WizardImageSet(found, { images, pages, l10n: untranslatedL10n, language: 'en' });
  };
  const roles = (...of: ImageRole[]) => of.map((role) => ({ role, source: '-' }));

  for (const [what, infos, about, needs] of [
    ['another size than the exact one', [picture(900, 700)], landscape, true],
    ['the exact size', [picture(1280, 720)], landscape, false],
    ['the exact size of another video', [picture(1280, 720)], portrait, true],
    ['one of two that does not fit', [picture(1000, 700), picture(1600, 400)], seedance, true],
    ['what is only advised', [picture(900, 700)], veo, false],
    ['a link, which nobody knows', [link], landscape, false],
  ] as const) {
    it(`needs ${needs ? 'a' : 'no'} step for ${what}`, () => {
      assert.equal(fitting(...infos).needsFitting(about), needs);
    });
  }

  it('counts what can be looked at', () => {
    assert.equal(fitting(picture(9, 9), link).pictures, 1);
  });

  it('says what is done when nobody has chosen, and leaves it to the default', () => {
    const images = fitting(picture(900, 700));
    assert.equal(images.noteOn(landscape), 'What is sent is cut around the centre to 1280 × 720 pixels.');
    assert.deepEqual(images.fits(landscape), []);
    assert.equal(images.noteOn(veo), undefined);
    assert.equal(
      fitting(picture(1600, 400)).noteOn(seedance),
      'What is sent is made to fit: cut around the centre, or made smaller.',
    );
    assert.equal(fitting(link).noteOn(landscape), 'The image behind the link has to be 1280 × 720 pixels.');
    assert.equal(fitting(picture(1280, 720)).noteOn(landscape), undefined);
  });

  it('says what else is changed of an image that nobody has looked at', async () => {
    const large: SourceInfo = { ...picture(1280, 720), bytes: 9_000_000 } as SourceInfo;
    const small = 'What is sent is made small enough for the model.';
    const white = 'What may be transparent is sent on white.';
    assert.equal(fitting(large).noteOn(landscape), small);
    const images = fitting(picture(1280, 720, true));
    assert.equal(images.noteOn(landscape), white);
    assert.equal(fitting(picture(1280, 720, true), large).noteOn(landscape), `${white} ${small}`);
    assert.match(fitting(picture(900, 700, true)).noteOn(landscape) ?? '', /around the centre.* on white\.$/);
    pages.plan({ end: 'use' });
    await images.ask(landscape, roles('first'), undefined);
    assert.equal(images.noteOn(landscape), undefined, 'it was seen');
  });

  for (const [change, sora, other] of [
    [{ mode: 'crop', part }, /is the part that you have chosen, 1280 × 720 pixels/, undefined],
    [{ mode: 'pad' }, /is padded to 1280 × 720 pixels/, /is padded to a shape that fits/],
    [{ mode: 'blur' }, /is 1280 × 720 pixels, with a blurred fill around it/, /has a blurred fill around it/],
  ] as const) {
    it(`says what was chosen: ${change.mode}`, async () => {
      const images = fitting(picture(900, 700));
      pages.plan({ end: 'use', changes: [change] });
      assert.equal(await images.ask(landscape, roles('first'), { number: 5, of: 6 }), 'forward');
      assert.match(images.noteOn(landscape) ?? '', sora);
      if (!other) return;
      const wide = fitting(picture(1600, 400));
      pages.plan({ end: 'use', changes: [change] });
      await wide.ask(seedance, roles('first'), undefined);
      assert.match(wide.noteOn(seedance) ?? '', other);
    });
  }

  it('says so when images are fitted in several ways', async () => {
    const images = fitting(picture(1600, 400), picture(1700, 400));
    pages.plan({ end: 'use', changes: [{ mode: 'pad' }, { mode: 'blur' }] });
    await images.ask(seedance, roles('first', 'last'), undefined);
    assert.equal(images.noteOn(seedance), 'What is sent is made to fit as you have chosen.');
    const one = fitting(picture(1600, 400), picture(1000, 700));
    pages.plan({ end: 'use', changes: [{ mode: 'pad' }] });
    await one.ask(seedance, roles('first', 'last'), undefined);
    assert.equal(one.noteOn(seedance), 'What is sent is made to fit as you have chosen.');
  });

  it('hands on what was chosen, with what was shown for it', async () => {
    const images = fitting(picture(900, 700), link);
    pages.plan({ end: 'use', changes: [{ mode: 'crop', part, background: [1, 2, 3] }] });
    await images.ask(landscape, roles('first', 'last'), undefined);
    const [first, second] = images.fits(landscape);
    assert.deepEqual(first?.wish, { way: { kind: 'crop', part }, background: [1, 2, 3] });
    assert.match(first.shown ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(second, { wish: {} });
    assert.deepEqual(limitsSeen[0]?.exact, { width: 1280, height: 720 });
  });

  it('remembers what was chosen on the way back, and forgets a part of another shape', async () => {
    const images = fitting(picture(900, 700));
    pages.plan({ end: 'back', changes: [{ mode: 'crop', part }] }, { end: 'away' }, { end: 'use' });
    assert.equal(await images.ask(landscape, roles('first'), undefined), 'back');
    assert.equal(await images.ask(landscape, roles('first'), undefined), 'away');
    assert.deepEqual(pages.asked[1]?.pictures[0]?.card.choice.part, part);
    // The person saw it for another size.
    assert.deepEqual(images.fits(portrait), [
      { wish: { way: { kind: 'crop' }, background: [255, 255, 255] } },
    ]);
    assert.match(images.noteOn(portrait) ?? '', /cut around the centre to 720 × 1280/);
    await images.ask(portrait, roles('first'), undefined);
    assert.equal(pages.asked[2]?.pictures[0]?.card.choice.part, null);
  });

  it('takes no choice of which nothing was shown, and goes on with the one before it', async () => {
    const images = fitting(picture(1280, 720));
    pages.plan({ end: 'back', changes: [{ mode: 'crop', part }], hastily: true });
    assert.equal(await images.ask(landscape, roles('first'), undefined), 'back');
    assert.deepEqual([images.fits(landscape), images.noteOn(landscape)], [[], undefined]);
    pages.plan({ end: 'use', changes: [{ mode: 'crop', part }] });
    await images.ask(landscape, roles('first'), undefined);
    const before = images.fits(landscape);
    assert.notEqual(before[0]?.shown, undefined);
    pages.plan({ end: 'back', changes: [{ mode: 'crop', part: null }], hastily: true });
    await images.ask(landscape, roles('first'), undefined);
    assert.deepEqual(images.fits(landscape), before);
  });

  it('tells the page what each image is for, what it is, and what the model takes', async () => {
    const images = fitting(picture(900, 700), link, picture(1500, 400, true));
    await images.ask(seedance, roles('reference', 'reference', 'reference'), { number: 2, of: 3 });
    const [{ title, place, pictures }] = pages.asked as [(typeof pages.asked)[number]];
    assert.equal(title, 'Generate Video with doubao-seedance-1-5-pro-251215');
    assert.deepEqual(place, { number: 2, of: 3 });
    const [first, last] = pictures.map(({ card }) => card);
    assert.deepEqual([first?.title, last?.title], ['Reference Image 1', 'Reference Image 3']);
    assert.equal(first?.facts, 'my photo0.png · 900 × 700 pixels · 12 KB · PNG');
    assert.equal(
      first.need,
      'doubao-seedance-1-5-pro-251215 takes images with sides of 300 to 6,000 pixels, 0.4 to 2.5 times as wide as high.',
    );
    assert.deepEqual(first.modes, ['asIs', 'crop']);
    assert.deepEqual([last?.modes, last?.hasAlpha], [['crop', 'pad', 'blur'], true]);
  });

  for (const [about, need] of [
    [landscape, 'sora-2 takes images of exactly 1280 × 720 pixels.'],
    [veo, 'The video has 1920 × 1080 pixels; the service cuts an image of another shape.'],
    [subject('wan2.5-i2v-preview'), 'wan2.5-i2v-preview takes images with sides of 360 to 2,000 pixels.'],
    [subject('kling-v1'), 'kling-v1 takes images of any size and shape.'],
  ] as const) {
    it(`says what ${about.model.id} takes`, async () => {
      await fitting(picture(900, 700)).ask(about, roles('first'), undefined);
      assert.equal(pages.asked[0]?.pictures[0]?.card.need, need);
    });
  }
});
