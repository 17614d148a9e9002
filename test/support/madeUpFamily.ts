import { aspectRatio, count, length, seed } from '../../src/core/models/commonParameters';
import type { Family } from '../../src/core/models/family';
import { choice, integer, type Parameter } from '../../src/core/models/parameter';

const brush: Parameter = {
  name: 'brush_kind',
  label: () => 'Brush',
  format: (value) => `${value} brush`,
  standsAlone: true,
  values: choice('fine', 'broad'),
  defaultValue: 'fine',
  description: 'How the strokes look.',
  isMain: true,
};

/** A made-up family. It proves that one file is enough to add a family. */
export const madeUp: Family = {
  id: 'painter',
  label: () => 'Painter',
  prefixes: ['painter-'],
  models: [
    { id: 'painter-1', label: 'Painter 1' },
    { id: 'painter-0', label: 'Painter 0', unlisted: true },
  ],
  result: 'link',
  taskIds: { prefix: 'paint_', pattern: /^paint_\d+$/ },
  notice: (model) => (model === 'painter-0' ? 'This model is a draft.' : undefined),
  modes: () => ['text', 'first'],
  sound: () => 'none',
  parameters: () => [
    length({ name: 'howLong', values: choice(3, 6), defaultValue: 3, isMain: true }),
    aspectRatio({ name: 'canvas', values: choice('1:1', '2:1'), defaultValue: '1:1', isMain: true }),
    brush,
    seed({ name: 'dice', values: integer(1, 6) }),
    count({ name: 'copies', values: integer(1, 3) }),
  ],
  imageLimits: (options) => ({
    formats: ['jpeg', 'png'],
    writes: 'pngOrJpeg',
    exact: options['canvas'] === '2:1' ? { width: 1000, height: 500 } : { width: 500, height: 500 },
    maxBytes: 1_000_000,
    source: '',
  }),
  fields: ['model', 'prompt', 'scene'],
  validate: ({ options }) =>
    options['brush_kind'] === 'broad' && options['howLong'] === 3
      ? 'A broad brush needs 6 seconds.'
      : undefined,
  body: ({ model, prompt, options, images: [image], extra }) => ({
    model,
    scene: prompt,
    paint: options,
    ...(image ? { sketch: image.source } : {}),
    ...extra,
  }),
};
