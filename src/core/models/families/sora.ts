import type { L10n } from '../../common/l10n';
import type { Family } from '../family';
import { choice, user, type Parameter } from '../parameter';

const seconds: Parameter = {
  name: 'seconds',
  values: choice('4', '8', '12'),
  defaultValue: '4',
  description: 'Length in seconds.',
  hasOwnStep: true,
};
const size: Parameter = {
  name: 'size',
  values: choice('720x1280', '1280x720'),
  defaultValue: '720x1280',
  description: 'Width and height in pixels. A first image must have exactly this size.',
  hasOwnStep: true,
};

const ofSource = (l10n: L10n): string =>
  l10n.t('A remix has the length and size of the earlier video, so "seconds" and "size" can’t be chosen.');

/**
 * API reference 7.2. The service silently replaces lengths and sizes that it does not know (7.2.2), so both are always
 * sent. `width` and `height` are left out on purpose: `size` says the same.
 */
export const sora: Family = {
  id: 'sora',
  prefixes: ['sora-'],
  result: 'download',
  modes: () => ['text', 'first', 'remix'],
  sound: () => 'always',
  parameters: ({ mode }) => {
    const unavailable = mode === 'remix' ? { unavailable: ofSource } : {};
    return [{ ...seconds, ...unavailable }, { ...size, ...unavailable }, user];
  },
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
