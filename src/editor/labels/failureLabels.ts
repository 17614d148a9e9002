import type { L10n } from '../../core/common/l10n';
import {
  chargeMessage,
  expiredMessage,
  failedMessage,
  notSentAgainMessage,
  rejectedMessage,
  unconfirmedMessage,
} from '../../core/task/failureMessage';
import type { Phase } from '../../core/task/phases';
import type { Charged, Failure, FailureKind, Task } from '../../core/task/task';
import type { Action } from '../../webview/player/protocol';
import { MAX_QUOTE_LENGTH, phaseLabel, truncatePrompt } from './taskLabels';

/** Why a task has no video, or why it can't continue, and what helps. The phase is its heading. */
export interface FailureExplanation {
  /** One or two sentences that say what happened and what to do. */
  readonly sentence: string;
  /** Whether the user was charged. */
  readonly charge: string;
  /** Actions that help, best first. */
  readonly actions: readonly Action[];
  /** The gateway's own message. Never shown in a toast. */
  readonly details?: string;
}

/** Actions that help against each kind of failure, best first. */
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
 * Explains a task that ended without a video, or whose last step failed.
 * @returns undefined if nothing is wrong
 */
export function explainFailure(task: Task, l10n: L10n): FailureExplanation | undefined {
  const { phase, failure, takesTaskId } = task;
  switch (phase) {
    case 'failed':
      return createExplanation(failure, l10n, {
        sentence: failedMessage(l10n),
        actions: [...ACTIONS_BY_FAILURE[failure?.kind ?? 'upstream'], 'lookAgain', 'showLog'],
      });
    case 'rejected':
      return createExplanation(failure, l10n, {
        sentence: rejectedMessage(l10n),
        actions: [
          ...ACTIONS_BY_FAILURE[failure?.kind ?? 'unknown'],
          // The gateway returned an ID with its error.
          ...(task.gatewayTaskId === undefined ? [] : (['lookAgain'] as const)),
          'showLog',
        ],
      });
    case 'unknown':
      return createExplanation(failure, l10n, {
        sentence: unconfirmedMessage(l10n),
        actions: ['attachTaskId', 'generateAgain', 'showLog'],
      });
    case 'lost':
      return createExplanation(failure, l10n, {
        sentence: expiredMessage(l10n),
        // The ID may be wrong.
        actions: [
          ...(takesTaskId ? (['attachTaskId'] as const) : []),
          'lookAgain',
          'generateAgain',
          'showLog',
        ],
      });
    case 'stopped':
      return explainStopped(task, l10n);
    case 'saved':
      // Some of several videos are missing.
      return failure && createExplanation(failure, l10n, { actions: ['lookAgain', 'showLog'] });
    default:
      return failure && createExplanation(failure, l10n, { actions: actionsWhileTracked(phase, failure) });
  }
}

interface Defaults {
  /** If there is no failure that has one. */
  readonly sentence?: string;
  /** If there is no failure that says so. */
  readonly charged?: Charged;
  readonly actions: readonly Action[];
}

function createExplanation(
  failure: Failure | undefined,
  l10n: L10n,
  { sentence = '', charged = 'unknown', actions }: Defaults,
): FailureExplanation {
  const charge = chargeMessage(failure?.charged ?? charged, l10n);
  if (!failure) return { charge, actions, sentence };
  const { summary, detail } = failure;
  return { charge, actions, sentence: summary, ...(detail === undefined ? {} : { details: detail }) };
}

/** Actions for a task that isn't final, but can't continue. */
function actionsWhileTracked(phase: Phase, { kind, noKey }: Failure): readonly Action[] {
  if (kind === 'quota') return ['refresh', 'setApiKey', 'showLog'];
  if (noKey === 'notApproved') return ['approveAddress', 'setApiKey', 'showLog'];
  if (noKey === 'locked') return ['refresh', 'showLog'];
  if (kind === 'key' || kind === 'permission') return ['setApiKey', 'showLog'];
  if (kind === 'disk') return ['openLibrary', 'refresh', 'showLog'];
  return phase === 'draft' ? ['stopSending', 'showLog'] : ['refresh', 'showLog'];
}

function explainStopped({ gatewayTaskId, charged = 'unknown' }: Task, l10n: L10n): FailureExplanation {
  // Without an ID, the gateway never accepted it.
  if (gatewayTaskId === undefined) {
    return createExplanation(undefined, l10n, {
      charged: 'no',
      actions: ['generateAgain', 'editAndGenerate'],
    });
  }
  return createExplanation(undefined, l10n, {
    sentence: stopMessage(l10n),
    charged,
    actions: ['lookAgain', 'generateAgain'],
  });
}

/** Maximum length of a message with its charge, in characters. */
export const MAX_TOAST_LENGTH = 120;

/** Minimum length of a quoted prompt: less doesn't tell tasks apart. */
const MIN_QUOTE_LENGTH = 16;

/** The message that a task ended without a video. The page has the details. */
export function failureMessage(task: Task, { sentence, charge }: FailureExplanation, l10n: L10n): string {
  const { phase, request, failure } = task;
  const build = (quote: string): string => {
    if (phase === 'failed') return `${l10n.t("Couldn't generate '{0}'.", quote)} ${charge}`;
    if (phase === 'rejected' && failure?.charged === 'no')
      return `${l10n.t("Couldn't send '{0}'.", quote)} ${firstSentence(sentence)} ${charge}`;
    const outcome = l10n.t("{0}: '{1}'.", phaseLabel(task, l10n), quote);
    return [outcome, ...(phase === 'unknown' ? [notSentAgainMessage(l10n)] : []), charge].join(' ');
  };
  const room = MAX_TOAST_LENGTH - build('').length;
  return build(truncatePrompt(request.prompt, Math.min(MAX_QUOTE_LENGTH, Math.max(MIN_QUOTE_LENGTH, room))));
}

/** For the user who stops tracking a task, and for its page. */
export function stopMessage(l10n: L10n): string {
  return l10n.t(
    "Stopping doesn't cancel the video or refund the charge. To download it later, run Check Again.",
  );
}

export function firstSentence(text: string): string {
  return /^.*?[.。](?=\s|$)/u.exec(text)?.[0] ?? text;
}
