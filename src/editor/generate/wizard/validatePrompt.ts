import type { L10n } from '../../../core/common/l10n';
import { UNUSUALLY_LONG_PROMPT, needsEditor } from '../../../core/models/promptText';
import type { ValidationSeverity } from '../../common/quickInputs';

interface Parts {
  readonly l10n: L10n;
  /** Numbers in the user's way of writing. */
  readonly language: string;
}

/**
 * Says something about a prompt while it is written, or nothing.
 * @param longest how much of it the model is known to read, in characters
 * @param fault what keeps it from being sent with this model and these options
 */
export function validatePrompt(
  text: string,
  longest: number | undefined,
  fault: string | undefined,
  { l10n, language }: Parts,
): { readonly message: string; readonly weight: ValidationSeverity } | undefined {
  const length = text.length.toLocaleString(language);
  if (text.trim() === '') {
    return { message: l10n.t('The prompt is empty. Describe the video you want.'), weight: 'error' };
  }
  if (fault !== undefined) return { message: fault, weight: 'error' };
  if (text.length > UNUSUALLY_LONG_PROMPT) {
    const message = l10n.t(
      'The prompt has {0} characters. The gateway may refuse or cut one that long.',
      length,
    );
    return { message, weight: 'warning' };
  }
  if (longest !== undefined && text.length > longest) {
    const message = l10n.t(
      'The prompt has {0} characters. This model may read no more than the first {1}.',
      length,
      longest.toLocaleString(language),
    );
    return { message, weight: 'warning' };
  }
  if (!needsEditor(text)) return undefined;
  return {
    message: l10n.t('{0} characters. Long prompts are easier to write in an editor.', length),
    weight: 'info',
  };
}
