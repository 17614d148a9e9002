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
 * API reference 7.2. The service silently replaces unknown lengths and sizes (7.2.2), so both are always sent. `width` and
 * `height` are never sent, because `size` has the same information.
 */
export const sora: Family = {
  id: 'sora',
  label: () => 'Sora',
  prefixes: ['sora-'],
  models: [
    { id: 'sora-2', label: 'Sora 2' },
    { id: 'sora-2-pro', label: 'Sora 2 Pro', unlisted: true },
  ],
  // Only this family has the documented download call and remixes, and only its IDs have this prefix (4.3, 6.0, 7.2.4).
  result: 'download',
  taskIds: { prefix: 'video_', pattern: /^video_[\w-]+$/, remixModel: 'sora-2' },
  notice: (model, l10n) =>
    model.startsWith('sora-2') ? l10n.t('{0} might have retired this model.', 'OpenAI') : undefined,
  modes: () => ['text', 'first', 'remix'],
  sound: () => 'always',
  parameters: ({ mode }) => {
    const unavailable = mode === 'remix' ? { unavailable: ofSource } : {};
    return [{ ...seconds, ...unavailable }, { ...pixels, ...unavailable }, user];
  },
  // The service silently ignores an image of another size, and charges for a video from the prompt alone.
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
    // Send both: the documented name and the one that the gateway actually reads (7.2.4).
    ...(remixOf === undefined ? {} : { remix_from_video_id: remixOf, remix_video_id: remixOf }),
    ...extra,
  }),
};
