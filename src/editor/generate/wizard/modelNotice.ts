import type { L10n } from '../../../core/common/l10n';

/** What a person should know before they choose a model (API reference 1), in one short sentence. */
export function modelNotice(modelId: string, l10n: L10n): string | undefined {
  if (modelId.startsWith('sora-2')) {
    return l10n.t('OpenAI has retired this model; Nebula may no longer offer it.');
  }
  if (/^veo-3\.\d-/.test(modelId)) {
    return l10n.t('Google has retired models of this kind; Nebula may no longer offer it.');
  }
  return undefined;
}
