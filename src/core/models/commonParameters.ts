import type { L10n } from '../common/l10n';
import { integer, text, type Parameter } from './parameter';

type Common = Omit<Parameter, 'name' | 'values'>;
type Own = Pick<Parameter, 'name' | 'values'> & Partial<Parameter>;

/** A parameter that several families share. Each family names it and overrides what differs. */
const common =
  (shared: Common) =>
  (own: Own): Parameter => ({ ...shared, ...own });

export const length = common({
  role: 'length',
  label: (l10n) => l10n.t('Length'),
  format: (value, l10n) => l10n.t('{0} s', value),
  standsAlone: true,
  description: 'Length in seconds.',
});

export const size = common({
  role: 'size',
  label: (l10n) => l10n.t('Size'),
  format: formatSize,
  standsAlone: true,
  description: 'Width and height in pixels.',
});

export const aspectRatio = common({
  role: 'aspectRatio',
  label: (l10n) => l10n.t('Aspect Ratio'),
  format: formatAspectRatio,
  standsAlone: true,
  description: 'Aspect ratio.',
});

export const resolution = common({
  role: 'resolution',
  label: (l10n) => l10n.t('Resolution'),
  format: (value) => value,
  standsAlone: true,
  description: 'Lines of the video.',
});

export const count = common({
  role: 'count',
  label: (l10n) => l10n.t('Videos'),
  placeholder: (l10n) => l10n.t('Select a number. Each video is charged.'),
  defaultValue: 1,
  description: 'Number of videos. Each is charged.',
});

export const sound = common({
  role: 'sound',
  label: (l10n) => l10n.t('Audio'),
  format: formatFlag,
  description: 'Whether the videos have audio.',
  alwaysShown: true,
});

export const seed = common({
  role: 'seed',
  label: (l10n) => l10n.t('Seed'),
  description: 'The same seed with the same request gives a similar video.',
});

export const watermark = common({
  label: (l10n) => l10n.t('Watermark'),
  format: formatFlag,
  description: 'Whether there is a watermark.',
});

export const fixedCamera = common({
  label: (l10n) => l10n.t('Fixed Camera'),
  format: formatFlag,
  description: "Whether the camera stays fixed. The provider's default is no.",
});

export const frameRate: Parameter = {
  name: 'fps',
  label: (l10n) => l10n.t('Frame Rate'),
  values: integer(1),
  description: "Frames per second. The provider's default is 24.",
};

/** Listed by most families in the API reference, without an explanation. */
export const user: Parameter = {
  name: 'user',
  label: (l10n) => l10n.t('User ID'),
  values: text,
  description: 'An ID for the user, passed on unchanged.',
};

/** Every family has it, for fields that the provider adds later. */
export const extra: Parameter = {
  name: 'extra',
  label: (l10n) => l10n.t('Extra Fields'),
  values: { kind: 'object' },
  description: 'Fields that this version does not know, as a JSON object in a text. Sent unchanged.',
};

export function formatFlag(value: string, l10n: L10n): string {
  return value === 'true' ? l10n.t('on') : l10n.t('off');
}

function formatSize(value: string, l10n: L10n): string | undefined {
  const size = /^(\d+)[x*](\d+)$/.exec(value);
  if (!size) return undefined;
  const [width, height] = [Number(size[1]), Number(size[2])];
  return withOrientation(`${width}×${height}`, width, height, l10n);
}

function formatAspectRatio(value: string, l10n: L10n): string | undefined {
  const ratio = /^(\d+):(\d+)$/.exec(value);
  return ratio ? withOrientation(value, Number(ratio[1]), Number(ratio[2]), l10n) : undefined;
}

function withOrientation(text: string, width: number, height: number, l10n: L10n): string {
  if (width > height) return l10n.t('{0} (landscape)', text);
  return width < height ? l10n.t('{0} (portrait)', text) : text;
}
