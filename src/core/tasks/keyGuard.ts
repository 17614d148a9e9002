import type { L10n } from '../common/l10n';
import { RequestError } from '../models/family';

export type KeyCheck = (text: string) => boolean;

/**
 * Rejects a request with an API key in any text: requests are stored, partly logged, and passed on to the provider.
 * @param input the unvalidated request
 * @throws RequestError that names the field
 */
export function rejectKeys(input: unknown, looksLikeKey: KeyCheck, l10n: L10n): void {
  const field = fieldWithKey(input, looksLikeKey);
  if (field !== undefined) throw new RequestError(keyInFieldMessage(field, l10n));
}

export function keyInFieldMessage(field: string, l10n: L10n): string {
  return l10n.t("'{0}' contains an API key. Remove the key from it, then try again.", field);
}

/** For input boxes that don't expect a key. */
export function keyEnteredMessage(l10n: L10n): string {
  return l10n.t('This looks like an API key. To save it, run Set API Key.');
}

/** Returns the name of the innermost field that contains a key. */
export function fieldWithKey(value: unknown, looksLikeKey: KeyCheck, name = 'request'): string | undefined {
  if (typeof value === 'string') {
    // Skip data URIs of images: they're long, and only their hashes are stored.
    const isImage = name === 'source' && /^data:image\//i.test(value);
    return !isImage && looksLikeKey(value) ? name : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (looksLikeKey(key)) return name;
    const field = fieldWithKey(member, looksLikeKey, Array.isArray(value) ? name : key);
    if (field !== undefined) return field;
  }
  return undefined;
}
