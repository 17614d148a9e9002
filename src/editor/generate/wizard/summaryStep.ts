import type { L10n } from '../../../core/common/l10n';
import type { Model } from '../../../core/models/catalog';
import type { Settled } from '../../../core/models/options';
import { sourceWords } from '../../labels/optionLabels';
import { modelWords } from './pickModel';
import { isExtra, optionWords } from './pickOption';
import { quote, type Sources } from './promptStep';
import { imageItems, type ImagesAlong } from '../../imageFit/imagesStep';
import { judgePrompt } from './validatePrompt';
import { askPick, type Answer, type PickItem, type Place } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

/** What can be done at the last step. */
export type LastDeed = 'send' | 'images' | 'more' | 'preset';

interface LastQuestion {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly place: Place;
  readonly prompt: string;
  readonly model: Model;
  readonly settled: Settled;
  readonly sources: Sources;
  readonly images: ImagesAlong | undefined;
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
export async function askLastWord(question: LastQuestion): Promise<Answer<LastDeed>> {
  const { inputs, title, place, prompt, model, settled, sources, images, host, hints, l10n } = question;
  const go: PickItem<LastDeed> = {
    value: 'send',
    label: `$(play) ${l10n.t('Generate Video')}`,
    description: [...modelWords(model), ...sourceWords(sources, l10n), ...optionWords(settled, l10n)].join(
      ' · ',
    ),
    detail: l10n.t('Goes to {0}. The price is set by Nebula.', host),
  };
  const more: PickItem<LastDeed> = { value: 'more', label: `$(settings) ${l10n.t('More Options…')}` };
  const save: PickItem<LastDeed> = { value: 'preset', label: `$(bookmark) ${l10n.t('Save as Preset…')}` };
  return askPick<LastDeed>(inputs, {
    ...{ title, place },
    placeholder: leavingWords(question),
    hint: [quote(prompt), ...hints.map((hint) => `$(info) ${hint}`), ...lengthWords(question)].join('  '),
    items: [
      go,
      ...imageItems<LastDeed>(images, 'images', l10n),
      ...(settled.parameters.some(isExtra) ? [more] : []),
      save,
    ],
    active: go,
    pays: true,
  });
}

/** A prompt of a selection or an editor has not been judged while it was written. */
function lengthWords({ prompt, model, language, l10n }: LastQuestion): string[] {
  const verdict = judgePrompt(prompt, model.family.longestPrompt, undefined, { language, l10n });
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
