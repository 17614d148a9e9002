import type { L10n } from '../../core/common/l10n';
import type { Phase } from '../../core/task/phases';
import type { Charged, Failure, FailureKind, Task } from '../../core/task/task';
import type { Action } from '../../webview/player/protocol';
import { chargeLabel } from './taskLabels';

/** How a task stands that has no video, in words, and what helps. */
export interface FailureExplanation {
  readonly title: string;
  /** What happened and what to do, in a sentence or two. */
  readonly sentence: string;
  /** What is known about the money. */
  readonly charge: string;
  /** What helps, the most likely first. */
  readonly actions: readonly Action[];
  /** The gateway's own words. */
  readonly details?: string;
}

/** What helps against each kind of refusal, before looking at the log. */
const ACTIONS_BY_FAILURE: Readonly<Record<FailureKind, readonly Action[]>> = {
  moderation: ['editAndGenerate', 'generateAgain'],
  parameter: ['editAndGenerate', 'generateAgain'],
  image: ['editAndGenerate', 'generateAgain'],
  modelGone: ['editAndGenerate', 'generateAgain'],
  quota: ['generateAgain'],
  key: ['setApiKey', 'generateAgain'],
  permission: ['setApiKey', 'editAndGenerate', 'generateAgain'],
  rateLimit: ['generateAgain'],
  upstream: ['generateAgain', 'editAndGenerate'],
  network: ['testConnection', 'generateAgain'],
  expired: ['generateAgain'],
  badReply: ['generateAgain'],
  disk: ['generateAgain'],
  proxy: ['testConnection', 'generateAgain'],
  unknown: ['generateAgain'],
};

/**
 * Explains a task that has ended without a video, or whose last attempt to go on did not work.
 * @returns undefined for a task that is well
 */
export function explainFailure(task: Task, l10n: L10n): FailureExplanation | undefined {
  const { phase, failure, takesTaskId } = task;
  switch (phase) {
    case 'failed':
      return createExplanation(failure, l10n, {
        title: failedTitle(failure?.kind, l10n),
        sentence: l10n.t('The gateway says that this video could not be made.'),
        actions: [...ACTIONS_BY_FAILURE[failure?.kind ?? 'upstream'], 'lookAgain', 'showLog'],
      });
    case 'rejected':
      return createExplanation(failure, l10n, {
        title: rejectedTitle(failure, l10n),
        sentence: l10n.t('The gateway did not take the request.'),
        actions: [
          ...ACTIONS_BY_FAILURE[failure?.kind ?? 'unknown'],
          // The gateway returned an ID with its error.
          ...(task.gatewayTaskId === undefined ? [] : (['lookAgain'] as const)),
          'showLog',
        ],
      });
    case 'unknown':
      return createExplanation(failure, l10n, {
        title: l10n.t('It is not known whether this video is being made'),
        sentence: l10n.t('The request was sent, but no clear answer came back.'),
        actions: ['attachTaskId', 'generateAgain', 'showLog'],
      });
    case 'lost':
      return createExplanation(failure, l10n, {
        title: l10n.t('This video is gone'),
        sentence: l10n.t('The gateway no longer has this video.'),
        // The id may have been a wrong one.
        actions: [
          ...(takesTaskId ? (['attachTaskId'] as const) : []),
          'lookAgain',
          'generateAgain',
          'showLog',
        ],
      });
    case 'stopped':
      return stopped(task, l10n);
    case 'saved':
      // Some of several videos are missing.
      return (
        failure &&
        createExplanation(failure, l10n, {
          title: l10n.t('Not every video of this task is here'),
          sentence: '',
          actions: ['lookAgain', 'showLog'],
        })
      );
    default:
      return failure && createExplanation(failure, l10n, pausedExplanation(phase, failure, l10n));
  }
}

interface Words {
  readonly title: string;
  /** Where the failure has no sentence of its own. */
  readonly sentence: string;
  /** Where no failure tells; unknown unless given. */
  readonly charged?: Charged;
  readonly actions: readonly Action[];
}

function createExplanation(
  failure: Failure | undefined,
  l10n: L10n,
  { title, sentence, charged = 'unknown', actions }: Words,
): FailureExplanation {
  const charge = chargeLabel(failure?.charged ?? charged, l10n);
  if (!failure) return { title, charge, actions, sentence };
  const { summary, detail } = failure;
  return { title, charge, actions, sentence: summary, ...(detail === undefined ? {} : { details: detail }) };
}

/** A task that goes on, though something is in its way. */
function pausedExplanation(phase: Phase, { kind, noKey }: Failure, l10n: L10n): Words {
  const words = { sentence: '' } as const;
  if (kind === 'quota') {
    return {
      ...words,
      title: l10n.t('This video waits for balance'),
      actions: ['refresh', 'setApiKey', 'showLog'],
    };
  }
  if (noKey === 'notApproved') {
    return {
      ...words,
      title: l10n.t('This video needs your approval'),
      actions: ['approveAddress', 'setApiKey', 'showLog'],
    };
  }
  if (noKey === 'locked') {
    return { ...words, title: l10n.t('This video needs your keyring'), actions: ['refresh', 'showLog'] };
  }
  if (kind === 'key' || kind === 'permission') {
    return { ...words, title: l10n.t('This video waits for a valid key'), actions: ['setApiKey', 'showLog'] };
  }
  if (kind === 'disk') {
    return {
      ...words,
      title: l10n.t('This video waits for room on the disk'),
      actions: ['openLibrary', 'refresh', 'showLog'],
    };
  }
  return {
    ...words,
    title:
      phase === 'draft'
        ? l10n.t('The gateway asked to wait before this is sent')
        : phase === 'ready' || phase === 'saving'
          ? l10n.t('This video could not be fetched yet')
          : l10n.t('The gateway does not answer right now'),
    actions: phase === 'draft' ? ['stopSending', 'showLog'] : ['refresh', 'showLog'],
  };
}

function failedTitle(kind: FailureKind | undefined, l10n: L10n): string {
  return kind === 'moderation' ? l10n.t('This video was held back') : l10n.t('This video could not be made');
}

function rejectedTitle(failure: Failure | undefined, l10n: L10n): string {
  switch (failure?.kind) {
    case 'network':
    case 'proxy':
      return l10n.t('This request could not be sent');
    case 'key':
      return l10n.t('The gateway did not accept the key');
    case 'quota':
      return l10n.t('The balance is too low for this video');
    case 'modelGone':
      return l10n.t('This model is not available');
    default:
      return failure?.neverSent
        ? l10n.t('This request was never sent')
        : l10n.t('The gateway refused this request');
  }
}

/** The user's word. What had come before it says how things stand with the video, and with the money. */
function stopped({ gatewayTaskId, timeline, charged = 'unknown' }: Task, l10n: L10n): FailureExplanation {
  // Without an id the gateway never took it.
  if (gatewayTaskId === undefined) {
    return createExplanation(undefined, l10n, {
      title: l10n.t('You stopped this before it was sent'),
      sentence: l10n.t('The gateway did not take the request.'),
      charged: 'no',
      actions: ['generateAgain', 'editAndGenerate'],
    });
  }
  const wasMade = timeline.some(({ phase }) => phase === 'ready' || phase === 'saving');
  return createExplanation(undefined, l10n, {
    title: l10n.t('You stopped following this video'),
    sentence: wasMade
      ? l10n.t('The gateway had made it. Look Again fetches it while it is there.')
      : l10n.t(
          'Stopping neither cancels nor refunds it: the gateway may have made the video. Look Again fetches it while it is there.',
        ),
    charged,
    actions: ['lookAgain', 'generateAgain'],
  });
}
