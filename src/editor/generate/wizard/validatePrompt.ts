import type { L10n } from '../../../core/common/l10n';
import { UNUSUALLY_LONG_PROMPT, needsEditor } from '../../../core/models/promptText';
import type { ValidationMessage } from '../../common/quickInputs';

interface Context {
  readonly l10n: L10n;
  /** Display language, for numbers. */
  readonly language: string;
}

/**
 * @param longest maximum prompt length of the model in characters, if known
 * @param fault why the prompt can't be sent with the model and options
 */
export function validatePrompt(
  text: string,
  longest: number | undefined,
  fault: string | undefined,
  { l10n, language }: Context,
): ValidationMessage | undefined {
  if (text.trim() === '') return { message: l10n.t('Enter a prompt.'), severity: 'error' };
  if (fault !== undefined) return { message: fault, severity: 'error' };
  if (text.length > UNUSUALLY_LONG_PROMPT) {
    return { message: l10n.t('Very long prompt. The gateway might reject it.'), severity: 'warning' };
  }
  if (longest !== undefined && text.length > longest) {
    const limit = longest.toLocaleString(language);
    return {
      message: l10n.t('Longer than {0} characters. This model might ignore the rest.', limit),
      severity: 'warning',
    };
  }
  if (!needsEditor(text)) return undefined;
  return { message: l10n.t('{0} characters', text.length.toLocaleString(language)), severity: 'info' };
}
