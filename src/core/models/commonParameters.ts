import type { L10n } from '../common/l10n';
import { integer, text, type Parameter } from './parameter';

type Common = Omit<Parameter, 'name' | 'values'>;
type Own = Pick<Parameter, 'name' | 'values'> & Partial<Parameter>;

/** A parameter that several families have: they name it, and replace what differs. */
const common =
  (shared: Common) =>
  (own: Own): Parameter => ({ ...shared, ...own });

export const length = common({
  role: 'length',
  label: (l10n) => l10n.t('Length'),
  placeholder: (l10n) => l10n.t('How long?'),
  format: (value, l10n) => l10n.t('{0} seconds', value),
  description: 'Length in seconds.',
});

export const size = common({
  role: 'size',
  label: (l10n) => l10n.t('Size'),
  placeholder: (l10n) => l10n.t('What size?'),
  format: formatSize,
  description: 'Width and height in pixels.',
});

export const aspectRatio = common({
  role: 'aspectRatio',
  label: (l10n) => l10n.t('Shape'),
  placeholder: (l10n) => l10n.t('What shape?'),
  format: formatAspectRatio,
  description: 'Shape.',
});

export const resolution = common({
  role: 'resolution',
  label: (l10n) => l10n.t('Resolution'),
  placeholder: (l10n) => l10n.t('Which resolution?'),
  format: (value) => value,
  description: 'Lines of the picture.',
});

export const count = common({
  role: 'count',
  label: (l10n) => l10n.t('Number of Videos'),
  placeholder: (l10n) => l10n.t('How many videos? Each one is paid for.'),
  format: (value, l10n) => (value === '1' ? l10n.t('one video') : l10n.t('{0} videos', value)),
  defaultValue: 1,
  description: 'How many videos; each one is paid for.',
});

export const sound = common({
  role: 'sound',
  label: (l10n) => l10n.t('Sound'),
  format: (value, l10n) => (value === 'true' ? l10n.t('with sound') : l10n.t('silent')),
  description: 'Whether the videos have sound.',
  alwaysShown: true,
});

export const seed = common({
  role: 'seed',
  label: (l10n) => l10n.t('Seed'),
  description: 'The same seed with the same request makes a similar video.',
});

export const watermark = common({
  label: (l10n) => l10n.t('Watermark'),
  format: (value, l10n) => (value === 'true' ? l10n.t('with a watermark') : l10n.t('without a watermark')),
  description: 'Whether there is a watermark.',
});

export const fixedCamera = common({
  label: (l10n) => l10n.t('Camera'),
  format: (value, l10n) => (value === 'true' ? l10n.t('fixed camera') : l10n.t('moving camera')),
  description: 'Whether the camera stands still; the service’s own choice is no.',
});

export const frameRate: Parameter = {
  name: 'fps',
  label: (l10n) => l10n.t('Frames a Second'),
  values: integer(1),
  description: 'Frames a second; the service’s own choice is 24.',
};

/** The API reference lists it for most families, and says no more of it. */
export const user: Parameter = {
  name: 'user',
  label: (l10n) => l10n.t('Name of the User'),
  values: text,
  description: 'A name for whoever asks, passed on as it is.',
};

/** Every family has it: what the service learns before this version does. */
export const extra: Parameter = {
  name: 'extra',
  label: (l10n) => l10n.t('Extra Fields'),
  values: { kind: 'object' },
  description: 'Fields that this version does not know, as a JSON object in a text; sent as they are.',
};

function formatSize(value: string, l10n: L10n): string | undefined {
  const size = /^(\d+)[x*](\d+)$/.exec(value);
  if (!size) return undefined;
  const [width, height] = [Number(size[1]), Number(size[2])];
  if (width > height) return l10n.t('{0} × {1}, landscape', width, height);
  if (width < height) return l10n.t('{0} × {1}, portrait', width, height);
  return l10n.t('{0} × {1}, square', width, height);
}

function formatAspectRatio(value: string, l10n: L10n): string | undefined {
  if (value === 'adaptive') return l10n.t('adaptive shape');
  const shape = /^(\d+):(\d+)$/.exec(value);
  if (!shape) return undefined;
  const [across, down] = [Number(shape[1]), Number(shape[2])];
  if (across > down) return l10n.t('{0}, landscape', value);
  return across < down ? l10n.t('{0}, portrait', value) : l10n.t('{0}, square', value);
}
