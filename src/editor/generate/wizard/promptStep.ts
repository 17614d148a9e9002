import type { L10n } from '../../../core/common/l10n';
import { isMultiline, needsEditor } from '../../../core/models/promptText';
import type { PickItem, QuickInputs, ValidationMessage } from '../../common/quickInputs';
import { describeSources } from '../../labels/optionLabels';
import { escapeQuickPickText, truncatePrompt } from '../../labels/taskLabels';
import type { Sources } from './wizardTypes';

export interface InputPromptOptions {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly prompt: string;
  /** The prompt is a restored draft that hasn't been changed yet. */
  readonly isRestored: boolean;
  readonly sources: Sources;
  readonly hasPresets: boolean;
  readonly hasEditor: boolean;
  readonly validate: (prompt: string) => ValidationMessage | undefined;
  readonly onChange: (prompt: string) => void;
  readonly readClipboard: () => Thenable<string>;
  /** Display language, for numbers. */
  readonly language: string;
  readonly l10n: L10n;
}

type Action = 'editor' | 'model' | 'images' | 'remix' | 'preset' | 'discard';

export type PromptResult =
  { readonly kind: 'prompt'; readonly prompt: string } | { readonly kind: Action | 'cancel' };

/** Maximum length of a prompt in a list, in characters. */
const MAX_QUOTE_LENGTH = 100;

/** Asks for the prompt: in an input box, unless it has several lines or is long. */
export async function inputPrompt(options: InputPromptOptions): Promise<PromptResult> {
  if (needsEditor(options.prompt)) {
    const answer = await pickAboutPrompt(options);
    if (answer !== 'new') return answer;
    options.onChange('');
  }
  const answer = await inputLine(
    needsEditor(options.prompt) ? { ...options, prompt: '', isRestored: false } : options,
  );
  if (answer.kind !== 'prompt' || !isMultiline(answer.prompt)) return answer;
  options.onChange(answer.prompt);
  return options.hasEditor
    ? { kind: 'editor' }
    : inputPrompt({ ...options, prompt: answer.prompt, isRestored: false });
}

/** A prompt on one line. */
export function quotePrompt(prompt: string): string {
  return `'${escapeQuickPickText(truncatePrompt(prompt, MAX_QUOTE_LENGTH))}'`;
}

/**
 * An input box joins the lines of a pasted text.
 * @returns the text with the lines of the clipboard, or undefined if it isn't from there
 */
function restoreLines(before: string, after: string, clipboard: string): string | undefined {
  // A line that was copied as a whole ends with a line break that isn't missed.
  const pasted = clipboard.replace(/[\r\n]+$/, '');
  if (!isMultiline(pasted)) return undefined;
  const joined = pasted.replace(/\r\n|\r|\n/g, ' ');
  const index = after.indexOf(joined);
  if (index < 0 || after.split(joined).length <= before.split(joined).length) return undefined;
  return after.slice(0, index) + clipboard + after.slice(index + joined.length);
}

/** Returns true if one part of the text was removed, and nothing was added. */
function isDeletion(before: string, after: string): boolean {
  let start = 0;
  while (start < after.length && before[start] === after[start]) start++;
  return before.length > after.length && before.endsWith(after.slice(start));
}

async function inputLine(options: InputPromptOptions): Promise<PromptResult> {
  const { inputs, title, prompt, isRestored, validate, onChange, readClipboard, l10n } = options;
  const buttons = actionsOf(options).map(({ action, icon, label }) => ({
    action,
    button: inputs.button(icon, label),
  }));
  let current = prompt;
  const answer = await inputs.input({
    title,
    placeholder: l10n.t('A paper boat on a rainy street, close-up'),
    hint: hintOf(options),
    value: prompt,
    selected: isRestored,
    buttons: buttons.map(({ button }) => button),
    validate,
    onChange: (text, accept) => {
      const before = current;
      current = text;
      onChange(text);
      if (text.length - before.length === 1 || isDeletion(before, text)) return;
      readClipboard().then(
        (clipboard) => {
          const whole = current === text ? restoreLines(before, text, clipboard) : undefined;
          // An input box shows why a prompt can't be used; the editor would keep it in a file.
          if (whole !== undefined && validate(whole)?.severity !== 'error') accept(whole);
        },
        () => undefined,
      );
    },
  });
  switch (answer.kind) {
    case 'value':
      return { kind: 'prompt', prompt: answer.value };
    case 'button':
      return { kind: buttons.find(({ button }) => button === answer.button)?.action ?? 'cancel' };
    default:
      return { kind: 'cancel' };
  }
}

/** Shown instead of the input box, which would join the lines of the prompt. */
async function pickAboutPrompt(options: InputPromptOptions): Promise<PromptResult | 'new'> {
  const { inputs, title, prompt, l10n } = options;
  const use: PickItem<'use'> = {
    value: 'use',
    label: l10n.t('Use Prompt'),
    detail: quotePrompt(prompt),
  };
  const answer = await inputs.pick<Action | 'use' | 'new'>({
    title,
    placeholder: formatPromptLength(options),
    hint: hintOf(options),
    items: [
      use,
      { value: 'new', label: l10n.t('New Prompt') },
      ...actionsOf(options).map(({ action, label }) => ({ value: action, label })),
    ],
    active: use,
  });
  if (answer.kind !== 'value') return { kind: 'cancel' };
  if (answer.value === 'new') return 'new';
  return answer.value === 'use' ? { kind: 'prompt', prompt } : { kind: answer.value };
}

function actionsOf({ sources, isRestored, hasPresets, hasEditor, l10n }: InputPromptOptions) {
  const { remixOf } = sources;
  const all: readonly (readonly [isOffered: boolean, action: Action, icon: string, label: string])[] = [
    [isRestored, 'discard', 'discard', l10n.t('Discard')],
    [true, 'model', 'list-selection', l10n.t('Model')],
    [remixOf === undefined, 'images', 'file-media', l10n.t('Images')],
    [remixOf !== undefined, 'remix', 'git-branch', l10n.t('Remix Source')],
    [hasPresets, 'preset', 'bookmark', l10n.t('Start from Preset')],
    [hasEditor, 'editor', 'edit', l10n.t('Edit in Editor')],
  ];
  return all.filter(([isOffered]) => isOffered).map(([, action, icon, label]) => ({ action, icon, label }));
}

function hintOf({ sources, isRestored, prompt, l10n }: InputPromptOptions): string {
  const help = isRestored
    ? l10n.t('Draft restored. Type to replace it.')
    : l10n.t('Describe the video: subject, motion, camera, and sound');
  return [...describeSources(sources, l10n), ...(needsEditor(prompt) && !isRestored ? [] : [help])].join(
    ' · ',
  );
}

export function formatPromptLength({
  prompt,
  language,
  l10n,
}: Pick<InputPromptOptions, 'prompt' | 'language' | 'l10n'>): string {
  return l10n.t('{0} characters', prompt.length.toLocaleString(language));
}
