import type { L10n } from '../../core/common/l10n';
import type { Failure, Task } from '../../core/tasks/task';
import type { Action, Tone } from '../../webview/protocol';
import { chargeWord } from '../taskWords';
import { canOffer } from './playerActions';

/** How a task ended, in words, and what helps. */
export interface Outcome {
  readonly tone: Tone;
  readonly title: string;
  readonly sentence: string;
  /** What is known about the money. */
  readonly charge: string;
  /** The gateway's own words. */
  readonly details: string | null;
  /** The most likely first. */
  readonly actions: readonly Action[];
}

/**
 * Explains a task that has ended without a video.
 * @param hasCommand whether a command of ours is there
 */
export function outcomeOf(task: Task, l10n: L10n, hasCommand: (id: string) => boolean): Outcome {
  const { failure } = task;
  const said = failure && takeApart(failure, l10n);
  const words = {
    sentence: said?.sentence ?? lastNote(task) ?? l10n.t('The log says more.'),
    details: said?.details ? l10n.t('The gateway says: {0}', said.details) : null,
    charge: chargeWord(failure?.charged ?? 'unknown', l10n),
  };
  switch (task.phase) {
    case 'failed':
      return {
        tone: 'error',
        title:
          failure?.kind === 'moderation'
            ? l10n.t('This video was held back')
            : l10n.t('This video could not be made'),
        ...words,
        actions:
          failure?.kind === 'moderation' || failure?.kind === 'parameter' || failure?.kind === 'image'
            ? ['editAndGenerate', 'generateAgain', 'lookAgain', 'showLog']
            : ['generateAgain', 'editAndGenerate', 'lookAgain', 'showLog'],
      };
    case 'rejected':
      return { tone: 'refused', ...words, ...rejected(failure, l10n) };
    case 'unknown':
      return {
        tone: 'unknown',
        title: l10n.t('It is not known whether this video is being made'),
        ...words,
        actions: ['rescue', 'attachTaskId', 'generateAgain', 'showLog'],
      };
    case 'lost':
      return {
        tone: 'warning',
        title: l10n.t('This video is gone'),
        ...words,
        actions: ['lookAgain', 'generateAgain', 'showLog'],
      };
    default:
      return stopped(task, words, l10n, canOffer('lookAgain', hasCommand));
  }
}

/** Refused, or never sent: the gateway's reason decides what helps. */
function rejected(
  failure: Failure | undefined,
  l10n: L10n,
): { readonly title: string; readonly actions: readonly Action[] } {
  const refused = l10n.t('The gateway refused this request');
  switch (failure?.kind) {
    case 'key':
    case 'permission':
      return { title: refused, actions: ['setApiKey', 'generateAgain', 'showLog'] };
    case 'network':
      return {
        title: l10n.t('This request could not be sent'),
        actions: ['generateAgain', 'openBaseUrl', 'showLog'],
      };
    case 'moderation':
    case 'parameter':
    case 'image':
    case 'modelGone':
      return { title: refused, actions: ['editAndGenerate', 'generateAgain', 'showLog'] };
    default:
      return {
        title: failure?.code === 'interrupted' ? l10n.t('This request was never sent') : refused,
        actions: ['generateAgain', 'editAndGenerate', 'showLog'],
      };
  }
}

function stopped(
  task: Task,
  words: Pick<Outcome, 'charge' | 'details'>,
  l10n: L10n,
  canLookAgain: boolean,
): Outcome {
  // Without an id the gateway never took it.
  if (task.gatewayTaskId === undefined) {
    return {
      tone: 'stopped',
      title: l10n.t('You stopped this before it was sent'),
      sentence: l10n.t('The gateway did not take the request.'),
      charge: chargeWord('no', l10n),
      details: null,
      actions: ['generateAgain', 'editAndGenerate'],
    };
  }
  return {
    tone: 'stopped',
    title: l10n.t('You stopped following this video'),
    ...words,
    sentence: canLookAgain
      ? l10n.t(
          'Stopping neither cancels nor refunds it: the gateway may have made the video. Look Again fetches it while it is there.',
        )
      : l10n.t('Stopping neither cancels nor refunds it: the gateway may have made the video.'),
    actions: ['lookAgain', 'generateAgain'],
  };
}

function lastNote({ timeline }: Task): string | undefined {
  return timeline.at(-1)?.note;
}

/**
 * A failure's message says in one go what happened, that nothing was charged, and what the gateway said. Here each
 * has a place of its own. A message that was written in another language stays whole.
 */
export function takeApart(
  { message, charged }: Failure,
  l10n: L10n,
): { readonly sentence: string; readonly details: string | null } {
  // As core/tasks/failures.ts joins them.
  const marker = ` ${l10n.t('Details: {0}', '')}`.trimEnd();
  const at = message.indexOf(marker);
  let sentence = at < 0 ? message : message.slice(0, at);
  const details = at < 0 ? null : message.slice(at + marker.length).trim();
  const nothing = l10n.t('Nothing was charged.');
  if (charged === 'no' && sentence.endsWith(` ${nothing}`)) {
    sentence = sentence.slice(0, -nothing.length).trimEnd();
  }
  return { sentence, details };
}
