import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { FittedImage } from '../../../src/core/images/fitImage';
import { inspectImage } from '../../../src/core/images/inspectImage';
import { ImageFileError } from '../../../src/core/images/imageFileError';
import type { ImageLimits } from '../../../src/core/images/imageLimits';
import type { Rgb } from '../../../src/core/images/pixels';
import { imageErrorMessage } from '../../../src/core/images/imageMessages';
import { ImageWorker } from '../../../src/core/images/imageWorker';
import { projectRoot } from '../../vscode/projectRoot';
import { FakeClock } from '../support/fakeClock';
import { any, seen } from './fitting';
import { colorAt } from './testImages';
import { limitsFor } from '../../support/catalog';

const folder = path.join(projectRoot, 'test', 'cases', 'media');
const color = z.tuple([z.number(), z.number(), z.number()]);
const places = { top: [0.5, 0.2], bottom: [0.5, 0.9], left: [0.1, 0.5], right: [0.8, 0.5] } as const;
const colors = z
  .object({ top: color, bottom: color, left: color, right: color })
  .partial()
  .extend({ within: z.number() });
const cases = z
  .array(z.looseObject({ file: z.string(), kind: z.string() }))
  .parse(JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')))
  .filter(({ kind }) => kind === 'image')
  .map((one) =>
    z
      .object({
        file: z.string(),
        why: z.string(),
        means: z.discriminatedUnion('get', [
          z.object({
            get: z.literal(['accepted', 'converted']),
            width: z.number(),
            height: z.number(),
            colours: colors,
          }),
          z.object({ get: z.literal('refused'), reason: z.string(), names: z.string().optional() }),
        ]),
      })
      .parse(one),
  );

describe('unusual images', () => {
  const worker = new ImageWorker(path.join(projectRoot, 'dist', 'imageWorker.js'), new FakeClock());
  after(() => worker.dispose());

  it('consist of 26 cases', () => {
    assert.equal(cases.length, 26);
  });

  const send = (bytes: Uint8Array, limits: ImageLimits) => worker.fit({ bytes, limits, options: {} });

  function showsColors(fitted: FittedImage, expected: z.infer<typeof colors>): void {
    const view = seen(fitted);
    for (const [place, [x, y]] of Object.entries(places)) {
      const wanted = expected[place as keyof typeof places];
      if (!wanted) continue;
      const there: Rgb = colorAt(view, x, y);
      const far = Math.max(...wanted.map((value, channel) => Math.abs(value - there[channel]!)));
      assert.ok(far <= expected.within, `${place} is ${there.join(' ')} instead of ${wanted.join(' ')}`);
    }
  }

  for (const { file, why, means } of cases) {
    const bytes = readFileSync(path.join(folder, file));
    if (means.get === 'refused') {
      it(`refuses as ${means.names ?? means.reason}: ${file} (${why})`, async () => {
        await assert.rejects(send(bytes, any), (error: unknown) => {
          assert.ok(error instanceof ImageFileError, String(error));
          assert.equal(error.reason, means.reason);
          if (means.names !== undefined) {
            assert.equal(error.kind, means.names);
            assert.ok(imageErrorMessage(error, untranslatedL10n).includes(means.names));
          }
          return true;
        });
      });
      continue;
    }
    it(`sends in the right colors: ${file} (${why})`, async () => {
      const fitted = await send(bytes, any);
      assert.deepEqual([fitted.width, fitted.height], [means.width, means.height]);
      const { orientation, width, height } = inspectImage(fitted.bytes);
      assert.deepEqual([orientation, width, height], [1, means.width, means.height]);
      if (means.get === 'converted') assert.ok(fitted.changes.includes('reencoded'));
      showsColors(fitted, means.colours);
      const text = Buffer.from(fitted.bytes).toString('latin1');
      assert.doesNotMatch(text, /ICC_PROFILE|iCCP|Exif|tEXt|SEFT/);
    });

    it(`scales in the right colors: ${file}`, async () => {
      const wide = limitsFor('sora', { size: '1280x720' });
      const fitted = await send(bytes, wide);
      assert.deepEqual([fitted.width, fitted.height], [1280, 720]);
      // Cropping keeps the colors near their edges.
      showsColors(fitted, means.colours);
    });
  }

  it('sends all rows of an image without an end marker', async () => {
    const [whole, endless] = ['plain.jpg', 'no-end-marker.jpg'].map((file) =>
      readFileSync(path.join(folder, file)),
    );
    const fitted = await send(endless!, any);
    assert.deepEqual([...fitted.bytes.subarray(-2)], [0xff, 0xd9]);
    assert.deepEqual(seen(fitted).data, seen({ ...fitted, bytes: whole! }).data);
  });
});
