import type { L10n } from '../../core/common/l10n';

/** What a person should know before they choose a model (API reference 1), in one short sentence. */
export function modelHint(modelId: string, l10n: L10n): string | undefined {
  return modelId === 'sora-2'
    ? l10n.t('OpenAI has retired this model; Nebula may no longer offer it.')
    : undefined;
}
