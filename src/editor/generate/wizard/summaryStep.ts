import type { L10n } from '../../../core/common/l10n';
import type { Model } from '../../../core/models/catalog';
import type { ResolvedOptions } from '../../../core/models/options';
import { describeSources } from '../../labels/optionLabels';
import { modelLabels } from './pickModel';
import { isHiddenOption, formatOptions } from './pickOption';
import { quotePrompt, type Sources } from './promptStep';
import { imageItems, type WizardImages } from '../../imageFit/imagesStep';
import { validatePrompt } from './validatePrompt';
import { pickOne, type Answer, type PickItem, type StepPosition } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

/** What can be done at the last step. */
export type SummaryAction = 'send' | 'images' | 'more' | 'preset';

interface LastQuestion {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly place: StepPosition;
  readonly prompt: string;
  readonly model: Model;
  readonly settled: ResolvedOptions;
  readonly sources: Sources;
  readonly images: WizardImages | undefined;
  /** Where it would go, as the user knows it. */
  readonly host: string;
  /** What else is to be known before it is sent. */
  readonly hints: readonly string[];
  /** What stays of it for who leaves. */
  readonly leaving: 'nothing' | 'draft' | 'draftWithoutImages';
  readonly language: string;
  readonly l10n: L10n;
}

/** Shows what would be sent, and asks for the last word: only here is something paid. */
export async function showSummary(question: LastQuestion): Promise<Answer<SummaryAction>> {
  const { inputs, title, place, prompt, model, settled, sources, images, host, hints, l10n } = question;
  const go: PickItem<SummaryAction> = {
    value: 'send',
    label: `$(play) ${l10n.t('Generate Video')}`,
    description: [
      ...modelLabels(model),
      ...describeSources(sources, l10n),
      ...formatOptions(settled, l10n),
    ].join(' · '),
    detail: l10n.t('Goes to {0}. The price is set by Nebula.', host),
  };
  const more: PickItem<SummaryAction> = { value: 'more', label: `$(settings) ${l10n.t('More Options…')}` };
  const save: PickItem<SummaryAction> = {
    value: 'preset',
    label: `$(bookmark) ${l10n.t('Save as Preset…')}`,
  };
  return pickOne<SummaryAction>(inputs, {
    ...{ title, place },
    placeholder: leavingWords(question),
    hint: [
      quotePrompt(prompt),
      ...hints.map((hint) => `$(info) ${hint}`),
      ...promptLengthWarning(question),
    ].join('  '),
    items: [
      go,
      ...imageItems<SummaryAction>(images, 'images', l10n),
      ...(settled.parameters.some(isHiddenOption) ? [more] : []),
      save,
    ],
    active: go,
    pays: true,
  });
}

/** A prompt of a selection or an editor has not been judged while it was written. */
function promptLengthWarning({ prompt, model, language, l10n }: LastQuestion): string[] {
  const verdict = validatePrompt(prompt, model.family.maxPromptLength, undefined, { language, l10n });
  return verdict?.weight === 'warning' ? [`$(warning) ${verdict.message}`] : [];
}

function leavingWords({ leaving, l10n }: LastQuestion): string {
  switch (leaving) {
    case 'nothing':
      return l10n.t('Press Enter to send it, or Escape to leave');
    case 'draft':
      return l10n.t('Press Enter to send it, or Escape to keep it as a draft');
    case 'draftWithoutImages':
      return l10n.t('Press Enter to send it, or Escape to keep a draft without the images');
  }
}
