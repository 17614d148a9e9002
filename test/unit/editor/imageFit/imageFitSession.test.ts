import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { setImmediate as settle } from 'node:timers/promises';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { FitOptions } from '../../../../src/core/images/fitImage';
import type { Size } from '../../../../src/core/images/pixels';
import type { ImageToFit, SentImage } from '../../../../src/editor/imageFit/imageFitDialog';
import { ImageFitSession } from '../../../../src/editor/imageFit/imageFitSession';
import type { Choice, ToPage } from '../../../../src/webview/imageFit/protocol';
import { FakeClock } from '../../support/fakeClock';

const ignore = () => undefined;
const initial: Choice = { mode: 'crop', part: null, color: [0, 0, 0], background: [255, 255, 255] };

/** A fit that the test lets end. */
interface Job {
  readonly options: FitOptions;
  readonly signal: AbortSignal;
  end(result: string | Error): Promise<void>;
}

/** A image whose fits wait for the test. */
class SlowImage implements ImageToFit {
  readonly card: ImageToFit['card'];
  readonly jobs: Job[] = [];
  readonly shows: { readonly size: Size; readonly options: FitOptions }[] = [];

  constructor(change: Partial<ImageToFit['card']> = {}) {
    this.card = {
      ...{ title: 'First Frame', facts: '', need: '', width: 900, height: 700, ratio: 16 / 9 },
      ...{ modes: ['crop', 'pad', 'blur'], hasAlpha: false, choice: initial },
      ...change,
    };
  }

  async fit(options: FitOptions, signal: AbortSignal): Promise<SentImage> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      const end = async (result: string | Error) => {
        if (typeof result === 'string') resolve(made(result));
        else reject(result);
        await settle();
      };
      this.jobs.push({ options, signal, end });
    });
  }

  async show(size: Size, options: FitOptions): Promise<SentImage> {
    this.shows.push({ size, options });
    return Promise.resolve(made('original'));
  }

  get last(): Job {
    return this.jobs.at(-1)!;
  }
}

function made(text: string): SentImage {
  const original = {
    ...({ width: 900, height: 700, format: 'png', orientation: 1, hasAlpha: false } as const),
    ...{ animated: false, lossless: true, bytes: 1 },
  };
  const bytes = new TextEncoder().encode(text);
  return { kind: 'image', bytes, format: 'png', width: 1280, height: 720, changes: [], original };
}

describe('the image fit session', () => {
  let clock: FakeClock;
  let told: ToPage[];
  let logged: string[];
  let ends: string[];
  let images: SlowImage[];
  let session: ImageFitSession;

  const open = async (...of: SlowImage[]) => {
    images = of;
    const log = { trace: ignore, debug: ignore, info: ignore, warn: ignore };
    session = new ImageFitSession(
      images,
      {
        ...{ clock, l10n: untranslatedL10n, language: 'en' },
        log: { ...log, error: (line: string) => void logged.push(line) },
        postMessage: (message) => void told.push(message),
      },
      (end) => void ends.push(end),
    );
    session.onMessage({ type: 'ready' });
    await settle();
  };
  /** Makes a choice, as the page counts it. */
  const choose = (revision: number, change: Partial<Choice>, index = 0) =>
    session.onMessage({ type: 'choose', index, revision, choice: { ...initial, ...change } });
  const rest = async () => {
    clock.moveTo(clock.now() + 200);
    await settle();
  };
  const previews = () => told.filter(({ type }) => type === 'preview');
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');

  beforeEach(() => {
    [clock, told, logged, ends] = [new FakeClock(), [], [], []];
  });
  afterEach(() => session.dispose());

  it('sends the page everything, and each result once rendered', async () => {
    await open(new SlowImage());
    assert.deepEqual(
      told.map(({ type }) => type),
      ['view', 'original'],
    );
    await images[0]!.last.end('one');
    assert.deepEqual(previews(), [
      {
        ...{ type: 'preview', index: 0, revision: 0, caption: '1280×720 · 1 kB · PNG' },
        image: { bytes: new TextEncoder().encode('one'), format: 'png' },
      },
    ]);
    assert.deepEqual(session.chosen, [{ choice: initial, shown: sha('one') }]);
  });

  it('gives an older fit up, and begins the next when a choice has stood for a moment', async () => {
    await open(new SlowImage());
    const [image] = images as [SlowImage];
    choose(1, { mode: 'pad' });
    assert.ok(image.last.signal.aborted);
    clock.moveTo(clock.now() + 50);
    choose(2, { mode: 'blur' });
    assert.equal(image.jobs.length, 1);
    await rest();
    assert.equal(image.jobs.length, 2, 'one fit for all that was chosen meanwhile');
    assert.deepEqual(image.last.options.mode, { kind: 'blur' });
    await image.last.end('blurred');
    assert.deepEqual(
      previews().map((one) => one.type === 'preview' && one.revision),
      [2],
    );
    assert.equal(clock.timers, 0);
    assert.deepEqual(logged, []);
  });

  it('goes on only with the bytes of the latest choices of all images', async () => {
    await open(new SlowImage(), new SlowImage());
    await images[0]!.last.end('one');
    session.onMessage({ type: 'use' });
    assert.deepEqual(ends, []);
    await images[1]!.last.end('two');
    assert.deepEqual(ends, ['use']);
    assert.deepEqual(
      session.chosen.map(({ shown }) => shown),
      [sha('one'), sha('two')],
    );
  });

  it('does not go on behind the back of somebody who chooses anew', async () => {
    await open(new SlowImage());
    session.onMessage({ type: 'use' });
    choose(1, { mode: 'pad' });
    await rest();
    await images[0]!.last.end('padded');
    assert.deepEqual(ends, []);
    session.onMessage({ type: 'use' });
    assert.deepEqual(ends, ['use']);
  });

  it('goes back at once, with what was chosen and nothing that was not shown', async () => {
    await open(new SlowImage());
    choose(1, { mode: 'blur' });
    session.onMessage({ type: 'back' });
    assert.deepEqual(ends, ['back']);
    assert.deepEqual(session.chosen, [{ choice: { ...initial, mode: 'blur' }, shown: undefined }]);
  });

  it('says why an image can’t be sent, and never goes on with it', async () => {
    await open(new SlowImage());
    const fault = Object.assign(new Error('The image file is damaged.'), { name: 'ImageError' });
    await images[0]!.last.end(fault);
    assert.deepEqual(told.at(-1), {
      ...{ type: 'error', index: 0, revision: 0, message: 'The image file is damaged.' },
    });
    session.onMessage({ type: 'use' });
    assert.deepEqual(ends, []);
    assert.deepEqual(logged, []);
  });

  it('says of what nobody expected that the log knows more', async () => {
    await open(new SlowImage());
    await images[0]!.last.end(new Error('out of order'));
    const last = told.at(-1);
    assert.match(last?.type === 'error' ? last.message : '', /Couldn't prepare the image/);
    assert.match(logged.join(), /out of order/);
  });

  it('tells a page that was hidden everything again', async () => {
    await open(new SlowImage());
    await images[0]!.last.end('one');
    choose(1, { mode: 'pad', color: [9, 9, 9] });
    await rest();
    await images[0]!.last.end('padded');
    told = [];
    session.onMessage({ type: 'ready' });
    const [view, original, preview] = told;
    assert.ok(view?.type === 'view' && original?.type === 'original' && preview?.type === 'preview');
    assert.deepEqual(view.cards[0]?.choice, { ...initial, mode: 'pad', color: [9, 9, 9] });
    assert.deepEqual([view.cards[0].revision, preview.revision], [1, 1]);
  });

  it('shows the original small, a tiny one larger, and transparent parts on what is chosen for them', async () => {
    await open(
      new SlowImage({ width: 4000, height: 3000, hasAlpha: true }),
      new SlowImage({ width: 32, height: 64 }),
    );
    const [large, tiny] = images as [SlowImage, SlowImage];
    assert.deepEqual(large.shows[0]?.size, { width: 1280, height: 960 });
    assert.deepEqual(tiny.shows[0]?.size, { width: 160, height: 320 });
    for (const image of [0, 1]) choose(1, { background: [1, 2, 3] }, image);
    await rest();
    assert.deepEqual(large.shows[1]?.options, { background: [1, 2, 3] });
    assert.equal(tiny.shows.length, 1);
  });

  it('ends all work with the page', async () => {
    await open(new SlowImage());
    choose(1, { mode: 'pad' });
    session.dispose();
    assert.equal(clock.timers, 0);
    await rest();
    assert.equal(images[0]!.jobs.length, 1);
    assert.ok(images[0]!.last.signal.aborted);
    assert.deepEqual([previews(), logged], [[], []]);
  });

  it('heeds nothing about an image that is not there', async () => {
    await open(new SlowImage());
    choose(1, { mode: 'pad' }, 7);
    assert.equal(clock.timers, 0);
  });
});
