import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { ImagePipeline, SendableImage, SourceInfo } from '../../../../src/core/images/imagePipeline';
import type { ImageLimits } from '../../../../src/core/images/imageLimits';
import type { ImageRole } from '../../../../src/core/models/request';
import { WizardImageSet, type FitTarget } from '../../../../src/editor/imageFit/wizardImages';
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

const image = (width: number, height: number, hasAlpha = false): SourceInfo => ({
  ...{ kind: 'image', format: 'png', orientation: 1, animated: false, lossless: true, bytes: 12_345 },
  ...{ width, height, hasAlpha },
});
const link: SourceInfo = { kind: 'link', url: 'https://pictures.example/a.png' };
const part = { x: 0, y: 0, width: 1, height: (9 / 16) * (9 / 7) };

describe('the images of a request on their way through the wizard', () => {
  let dialog: FakeImageFitDialog;
  let limitsSeen: ImageLimits[];

  beforeEach(() => {
    [dialog, limitsSeen] = [new FakeImageFitDialog(), []];
  });

  const fitting = (...infos: SourceInfo[]) => {
    const images: Pick<ImagePipeline, 'fit'> = {
      fit: async (source, limits, options): Promise<SendableImage> => {
        limitsSeen.push(limits);
        const bytes = new TextEncoder().encode(JSON.stringify([source, limits, options]));
        const original = { ...image(900, 700), kind: undefined } as never;
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
    return new WizardImageSet(found, { images, dialog: dialog, l10n: untranslatedL10n, language: 'en' });
  };
  const roles = (...of: ImageRole[]) => of.map((role) => ({ role, source: '-' }));

  it('counts what can be looked at, and knows the size of the first', () => {
    assert.deepEqual(fitting(image(9, 8), link).firstSize, { width: 9, height: 8 });
    assert.equal(fitting(link).firstSize, undefined);
    assert.equal(fitting(image(9, 9), link).count, 1);
  });

  it('says what is done when nobody has chosen, and leaves it to the default', () => {
    const images = fitting(image(900, 700));
    assert.equal(images.noteOn(landscape), 'Cropped to 1280×720.');
    assert.deepEqual(images.fits(landscape), []);
    assert.equal(images.noteOn(veo), undefined);
    assert.equal(fitting(image(1600, 400)).noteOn(seedance), 'Will be adjusted before sending.');
    assert.equal(fitting(link).noteOn(landscape), 'The linked image must be 1280×720.');
    assert.equal(fitting(image(1280, 720)).noteOn(landscape), undefined);
    assert.equal(fitting(image(1920, 1080)).noteOn(landscape), 'Resized to 1280×720.');
  });

  it('says what else is changed of an image that nobody has looked at', async () => {
    const large: SourceInfo = { ...image(1280, 720), bytes: 9_000_000 } as SourceInfo;
    const small = 'Will be adjusted before sending.';
    const white = 'Transparency becomes white.';
    assert.equal(fitting(large).noteOn(landscape), small);
    const images = fitting(image(1280, 720, true));
    assert.equal(images.noteOn(landscape), white);
    assert.equal(fitting(image(1280, 720, true), large).noteOn(landscape), `${white} ${small}`);
    assert.match(
      fitting(image(900, 700, true)).noteOn(landscape) ?? '',
      /^Cropped to 1280×720\. Transparency becomes white\.$/,
    );
    dialog.plan({ end: 'use' });
    await images.preview('Generate Video · Sora 2', landscape, roles('first'));
    assert.equal(images.noteOn(landscape), undefined, 'it was seen');
  });

  for (const [change, sora, other] of [
    [{ mode: 'crop', part }, /^Cropped to 1280×720\.$/, undefined],
    [{ mode: 'pad' }, /^Padded to 1280×720\.$/, /^Will be adjusted before sending\.$/],
    [{ mode: 'blur' }, /^Padded to 1280×720\.$/, /^Will be adjusted before sending\.$/],
  ] as const) {
    it(`says what was chosen: ${change.mode}`, async () => {
      const images = fitting(image(900, 700));
      dialog.plan({ end: 'use', changes: [change] });
      assert.equal(await images.preview('Generate Video · Sora 2', landscape, roles('first')), 'done');
      assert.match(images.noteOn(landscape) ?? '', sora);
      if (!other) return;
      const wide = fitting(image(1600, 400));
      dialog.plan({ end: 'use', changes: [change] });
      await wide.preview('Generate Video · Sora 2', seedance, roles('first'));
      assert.match(wide.noteOn(seedance) ?? '', other);
    });
  }

  it('says so when images are fitted in several ways', async () => {
    const images = fitting(image(1600, 400), image(1700, 400));
    dialog.plan({ end: 'use', changes: [{ mode: 'pad' }, { mode: 'blur' }] });
    await images.preview('Generate Video · Sora 2', seedance, roles('first', 'last'));
    assert.equal(images.noteOn(seedance), 'Will be adjusted before sending.');
    const one = fitting(image(1600, 400), image(1000, 700));
    dialog.plan({ end: 'use', changes: [{ mode: 'pad' }] });
    await one.preview('Generate Video · Sora 2', seedance, roles('first', 'last'));
    assert.equal(one.noteOn(seedance), 'Will be adjusted before sending.');
  });

  it('hands on what was chosen, with what was shown for it', async () => {
    const images = fitting(image(900, 700), link);
    dialog.plan({ end: 'use', changes: [{ mode: 'crop', part, background: [1, 2, 3] }] });
    await images.preview('Generate Video · Sora 2', landscape, roles('first', 'last'));
    const [first, second] = images.fits(landscape);
    assert.deepEqual(first?.options, { mode: { kind: 'crop', part }, background: [1, 2, 3] });
    assert.match(first.shown ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(second, { options: {} });
    assert.deepEqual(limitsSeen[0]?.exact, { width: 1280, height: 720 });
  });

  it('remembers what was chosen on the way back, and forgets a part of another shape', async () => {
    const images = fitting(image(900, 700));
    dialog.plan({ end: 'back', changes: [{ mode: 'crop', part }] }, { end: 'cancel' }, { end: 'use' });
    assert.equal(await images.preview('Generate Video · Sora 2', landscape, roles('first')), 'done');
    assert.equal(await images.preview('Generate Video · Sora 2', landscape, roles('first')), 'cancel');
    assert.deepEqual(dialog.asked[1]?.images[0]?.card.choice.part, part);
    // The person saw it for another size.
    assert.deepEqual(images.fits(portrait), [
      { options: { mode: { kind: 'crop' }, background: [255, 255, 255] } },
    ]);
    assert.match(images.noteOn(portrait) ?? '', /Cropped to 720×1280/);
    await images.preview('Generate Video · Sora 2', portrait, roles('first'));
    assert.equal(dialog.asked[2]?.images[0]?.card.choice.part, null);
  });

  it('takes no choice of which nothing was shown, and goes on with the one before it', async () => {
    const images = fitting(image(1280, 720));
    dialog.plan({ end: 'back', changes: [{ mode: 'crop', part }], hastily: true });
    assert.equal(await images.preview('Generate Video · Sora 2', landscape, roles('first')), 'done');
    assert.deepEqual([images.fits(landscape), images.noteOn(landscape)], [[], undefined]);
    dialog.plan({ end: 'use', changes: [{ mode: 'crop', part }] });
    await images.preview('Generate Video · Sora 2', landscape, roles('first'));
    const before = images.fits(landscape);
    assert.notEqual(before[0]?.shown, undefined);
    dialog.plan({ end: 'back', changes: [{ mode: 'crop', part: null }], hastily: true });
    await images.preview('Generate Video · Sora 2', landscape, roles('first'));
    assert.deepEqual(images.fits(landscape), before);
  });

  it('tells the page what each image is for, what it is, and what the model takes', async () => {
    const images = fitting(image(900, 700), link, image(1500, 400, true));
    await images.preview('Generate Video · Sora 2', seedance, roles('reference', 'reference', 'reference'));
    const [{ title, images: shown }] = dialog.asked as [(typeof dialog.asked)[number]];
    assert.equal(title, 'Generate Video · Sora 2');
    const [first, last] = shown.map(({ card }) => card);
    assert.deepEqual([first?.title, last?.title], ['Reference Image 1', 'Reference Image 3']);
    assert.equal(first?.facts, 'my photo0.png · 900×700 · 12 kB · PNG');
    assert.equal(
      first.need,
      'doubao-seedance-1-5-pro-251215 accepts 300-6,000 px per side and aspect ratios from 0.4 to 2.5.',
    );
    assert.deepEqual(first.modes, ['asIs', 'crop']);
    assert.deepEqual([last?.modes, last?.hasAlpha], [['crop', 'pad', 'blur'], true]);
  });

  for (const [about, need] of [
    [landscape, 'sora-2 needs 1280×720 images.'],
    [veo, 'The video is 1920×1080. Other aspect ratios are cropped.'],
    [subject('wan2.5-i2v-preview'), 'wan2.5-i2v-preview accepts 360-2,000 px per side.'],
    [subject('kling-v1'), ''],
  ] as const) {
    it(`says what ${about.model.id} takes`, async () => {
      await fitting(image(900, 700)).preview('Generate Video · Sora 2', about, roles('first'));
      assert.equal(dialog.asked[0]?.images[0]?.card.need, need);
    });
  }
});
