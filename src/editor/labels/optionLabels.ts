import type { L10n } from '../../core/common/l10n';
import type { Catalog, Model } from '../../core/models/catalog';
import type { OptionTexts } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';

/** Product name or the user's name for a model, or its ID. */
export function modelName({ id, label }: Pick<Model, 'id' | 'label'>): string {
  return label ?? id;
}

export function optionPlaceholder({ label, placeholder }: OptionTexts, l10n: L10n): string {
  return placeholder?.(l10n) ?? label(l10n);
}

/** Formats an option's value, to show next to its label. */
export function formatValue({ format }: OptionTexts, value: string, l10n: L10n): string {
  return format?.(value, l10n) ?? value;
}

/** An option's value on its own. Includes the label if the value alone doesn't tell. */
export function formatOption(texts: OptionTexts, value: string, l10n: L10n): string {
  const formatted = texts.format?.(value, l10n);
  return formatted !== undefined && texts.standsAlone
    ? formatted
    : `${texts.label(l10n)}: ${formatted ?? value}`;
}

/**
 * The options of a request. Options come and go with the models: an unknown one is shown by its name.
 * @param show makes arbitrary text safe to show
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

/** Describes the inputs of a request besides its prompt. */
export function describeSources(
  { images = [], remixOf }: Pick<VideoRequest, 'images' | 'remixOf'>,
  l10n: L10n,
): string[] {
  if (remixOf !== undefined) return [`${l10n.t('Remix Source')}: ${l10n.t('earlier video')}`];
  return images.length === 0 ? [] : [`${l10n.t('Images')}: ${images.length}`];
}
