import type { L10n } from '../../../core/common/l10n';
import type { VideoRequest } from '../../../core/models/request';
import { describeSources } from '../../labels/optionLabels';
import { countLines, isMultiline, needsEditor } from '../../../core/models/promptText';
import { escapeQuickPickText, truncatePrompt } from '../../labels/taskLabels';
import { validatePrompt } from './validatePrompt';
import { pickOne, inputText, type PickItem, type StepPosition } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

/** What a video is made from besides its prompt. */
export type Sources = Pick<VideoRequest, 'images' | 'remixOf'>;

export interface InputPromptOptions {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly place: StepPosition;
  readonly prompt: string;
  /** It is a draft of an earlier time that has not been touched. */
  readonly isOldDraft: boolean;
  readonly sources: Sources;
  /** What a person should know first, as a sentence. */
  readonly note: string | undefined;
  /** Whether it can be written in an editor, from where it goes on as one video. */
  readonly hasEditor: boolean;
  /** How much of a prompt the model is known to read, in characters. */
  readonly longest: number | undefined;
  /** What keeps a prompt from being sent, as a sentence. */
  readonly cardError: (prompt: string) => string | undefined;
  readonly onChange: (prompt: string) => void;
  /** Numbers in the user's way of writing. */
  readonly language: string;
  readonly l10n: L10n;
}

/** What a person decides about the prompt. `alone`: the video is made from nothing else. */
export type PromptResult =
  | { readonly kind: 'prompt'; readonly prompt: string }
  | { readonly kind: 'editor' | 'model' | 'alone' | 'back' | 'away' };

/** How much of a prompt lists show, in characters. */
const MAX_QUOTE_LENGTH = 100;

/** Asks for the prompt: in an input box, unless it has outgrown one. */
export async function inputPrompt(question: InputPromptOptions): Promise<PromptResult> {
  if (!needsEditor(question.prompt)) return askLine(question);
  const answer = await askAboutPrompt(question);
  if (answer !== 'new') return answer;
  question.onChange('');
  return askLine({ ...question, prompt: '', isOldDraft: false });
}

/** A prompt in one line, for lists. */
export function quotePrompt(prompt: string): string {
  return `“${escapeQuickPickText(truncatePrompt(prompt, MAX_QUOTE_LENGTH))}”`;
}

async function askLine(question: InputPromptOptions): Promise<PromptResult> {
  const { inputs, title, place, prompt, isOldDraft, hasEditor, longest, l10n } = question;
  const editor = hasEditor ? inputs.button('new-file', l10n.t('Write in an Editor')) : undefined;
  const model = inputs.button('list-selection', l10n.t('Choose Another Model'));
  const leaveOut = removeSourcesLabel(question);
  const alone = leaveOut === undefined ? undefined : inputs.button('close', leaveOut);
  const answer = await inputText(inputs, {
    ...{ title, place },
    placeholder: l10n.t('For example: a paper boat on a rainy street, filmed close to the water'),
    hint: hintOf(
      question,
      isOldDraft
        ? l10n.t('Your draft: go on with it, or just type to replace it.')
        : l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.'),
    ),
    value: prompt,
    selected: isOldDraft,
    buttons: [editor, model, alone].filter((button) => button !== undefined),
    judge: (text) => validatePrompt(text, longest, question.cardError(text), question),
    onChange: question.onChange,
  });
  switch (answer.kind) {
    case 'value':
      return { kind: 'prompt', prompt: answer.value };
    case 'button':
      if (answer.button === model) return { kind: 'model' };
      return { kind: answer.button === alone ? 'alone' : 'editor' };
    case 'back':
    case 'away':
      return { kind: answer.kind };
  }
}

/** The input box would join the lines of this prompt. */
async function askAboutPrompt(question: InputPromptOptions): Promise<PromptResult | 'new'> {
  const { inputs, title, place, prompt, isOldDraft, hasEditor, l10n } = question;
  const leaveOut = removeSourcesLabel(question);
  const use: PickItem<'use'> = {
    value: 'use',
    label: `$(check) ${isOldDraft ? l10n.t('Continue with Your Draft') : l10n.t('Use This Prompt')}`,
    description: extent(question),
    detail: quotePrompt(prompt),
  };
  const others: readonly PickItem<'editor' | 'new' | 'model' | 'alone'>[] = [
    ...(hasEditor ? [{ value: 'editor' as const, label: `$(new-file) ${l10n.t('Edit in an Editor')}` }] : []),
    { value: 'new', label: `$(clear-all) ${l10n.t('Write a New Prompt')}` },
    { value: 'model', label: `$(list-selection) ${l10n.t('Choose Another Model')}` },
    ...(leaveOut === undefined ? [] : [{ value: 'alone' as const, label: `$(close) ${leaveOut}` }]),
  ];
  const answer = await pickOne(inputs, {
    ...{ title, place, items: [use, ...others], active: use },
    placeholder: l10n.t('The prompt is too long for a single line here.'),
    hint: hintOf(question),
  });
  if (answer.kind !== 'value') return { kind: answer.kind === 'back' ? 'back' : 'away' };
  if (answer.value === 'new') return 'new';
  return answer.value === 'use' ? { kind: 'prompt', prompt } : { kind: answer.value };
}

/** What is to be known at the prompt: what was left out, what goes along, and what to do. */
function hintOf({ note, sources, l10n }: InputPromptOptions, deed?: string): string {
  const [along] = describeSources(sources, l10n);
  const from =
    sources.remixOf === undefined
      ? along && l10n.t('From {0}.', along)
      : l10n.t('A remix of an earlier video.');
  return [note, from, deed].filter((sentence) => sentence !== undefined).join(' ');
}

/** What to call the way to a video from the prompt alone; undefined where it is one. */
function removeSourcesLabel({ sources, l10n }: InputPromptOptions): string | undefined {
  const { images = [], remixOf } = sources;
  if (remixOf !== undefined) return l10n.t('Make It Anew, Not as a Remix');
  if (images.length === 0) return undefined;
  return images.length === 1 ? l10n.t('Leave the Image Out') : l10n.t('Leave the Images Out');
}

function extent({ prompt, language, l10n }: InputPromptOptions): string {
  const characters = prompt.length.toLocaleString(language);
  return isMultiline(prompt)
    ? l10n.t('{0} lines, {1} characters', countLines(prompt).toLocaleString(language), characters)
    : l10n.t('{0} characters', characters);
}
