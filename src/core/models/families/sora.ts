import { MAX_INLINE_BYTES } from '../../images/imageLimits';
import { length, size, user } from '../commonParameters';
import type { Family } from '../family';
import { choice } from '../parameter';

const seconds = length({
  name: 'seconds',
  values: choice('4', '8', '12'),
  defaultValue: '4',
  isMain: true,
});
const pixels = size({
  name: 'size',
  values: choice('720x1280', '1280x720'),
  defaultValue: '720x1280',
  description: 'Width and height in pixels. A first image must have exactly this size.',
  isMain: true,
});

const ofSource = "A remix keeps the length and size of its source, so 'seconds' and 'size' can't be set.";

/**
 * API reference 7.2. The service silently replaces lengths and sizes that it does not know (7.2.2), so both are always
 * sent. `width` and `height` are left out on purpose: `size` says the same.
 */
export const sora: Family = {
  id: 'sora',
  label: () => 'Sora',
  prefixes: ['sora-'],
  models: [
    { id: 'sora-2', label: 'Sora 2' },
    { id: 'sora-2-pro', label: 'Sora 2 Pro', unlisted: true },
  ],
  // Only this family has the documented download call and remixes, and only its IDs begin so (4.3, 6.0, 7.2.4).
  result: 'download',
  taskIds: { prefix: 'video_', pattern: /^video_[\w-]+$/, remixModel: 'sora-2' },
  notice: (model, l10n) =>
    model.startsWith('sora-2') ? l10n.t('May be retired by {0}', 'OpenAI') : undefined,
  modes: () => ['text', 'first', 'remix'],
  sound: () => 'always',
  parameters: ({ mode }) => {
    const unavailable = mode === 'remix' ? { unavailable: ofSource } : {};
    return [{ ...seconds, ...unavailable }, { ...pixels, ...unavailable }, user];
  },
  // The service drops an image of another size without a word, and charges for a video from text alone.
  imageLimits: (options) => ({
    formats: ['jpeg', 'png'],
    writes: 'pngOrJpeg',
    exact: options['size'] === '1280x720' ? { width: 1280, height: 720 } : { width: 720, height: 1280 },
    maxBytes: MAX_INLINE_BYTES,
    source: '7.2.3',
  }),
  fields: [
    ...['model', 'prompt', 'width', 'height', 'input_reference', 'remix_from_video_id'],
    ...['remix_video_id', 'remixed_video_id', 'remixedVideoId', 'remixVideoId'],
  ],

  body: ({ model, prompt, options, images: [image], remixOf, extra }) => ({
    model,
    prompt,
    ...options,
    ...(image ? { input_reference: image.source } : {}),
    // The documented name, and the one that the gateway's code was seen to read (7.2.4).
    ...(remixOf === undefined ? {} : { remix_from_video_id: remixOf, remix_video_id: remixOf }),
    ...extra,
  }),
};
