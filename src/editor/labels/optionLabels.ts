import type { L10n } from '../../core/common/l10n';
import type { Catalog, Model } from '../../core/models/catalog';
import type { OptionTexts } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';

/** The name that the user gave a model, or else its ID. */
export function modelName({ id, label }: Pick<Model, 'id' | 'label'>): string {
  return label ?? id;
}

/** What an option is about, as a question. */
export function optionPlaceholder({ label, placeholder }: OptionTexts, l10n: L10n): string {
  return placeholder?.(l10n) ?? l10n.t('Which “{0}”?', label(l10n));
}

/** An option's value in the user's words, as far as they are known. */
export function formatOption({ label, format }: OptionTexts, value: string, l10n: L10n): string {
  return format?.(value, l10n) ?? `${label(l10n)}: ${value}`;
}

/**
 * The options of a request in the user's words. Options come and go with the models, so a name we don't know stands for
 * itself.
 * @param show how text is shown that may be anything
 */
export function describeOptions(
  { model, options = {} }: Pick<VideoRequest, 'model' | 'options'>,
  catalog: Catalog,
  l10n: L10n,
  show = (text: string): string => text,
): string[] {
  return Object.entries(options).map(([name, value]) =>
    formatOption(catalog.optionTexts(model, name) ?? { label: () => show(name) }, show(String(value)), l10n),
  );
}

/** What a video is made from besides its prompt. */
export function describeSources(
  { images = [], remixOf }: Pick<VideoRequest, 'images' | 'remixOf'>,
  l10n: L10n,
): string[] {
  if (remixOf !== undefined) return [l10n.t('remix of an earlier video')];
  if (images.length === 0) return [];
  return [images.length === 1 ? l10n.t('one image') : l10n.t('{0} images', images.length)];
}
