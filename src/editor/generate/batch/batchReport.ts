import { describeError } from '../../../core/common/log';
import { requestedVideoCount } from '../../../core/models/variations';
import type { BatchReport, StopReason } from '../../../core/tasks/submitSequentially';
import { OutcomeNotStoredError } from '../../../core/tasks/submitRecorder';
import type { Task } from '../../../core/task/task';
import type { Action } from '../../../webview/player/protocol';
import type { AppContext } from '../../common/appContext';
import { VIEWS } from '../../common/ids';
import type { MessageButton } from '../../common/notifications';
import { Rejection } from '../../common/rejection';
import { explainFailure, firstSentence, MAX_TOAST_LENGTH } from '../../labels/failureLabels';

type Dependencies = Pick<AppContext, 'catalog' | 'notifications' | 'l10n' | 'log'>;

/** Actions for a failed request that also help the requests that weren't sent. */
const BATCH_ACTIONS: readonly Action[] = ['setApiKey', 'testConnection'];

const MAX_BUTTONS = 2;

/**
 * Shows the outcome of a batch in one message.
 * @param reopen shows the prompts that weren't sent or accepted; undefined if there are none
 */
export function showBatchReport(
  deps: Dependencies,
  report: BatchReport,
  reopen: (() => void) | undefined,
): void {
  const { catalog, notifications, l10n } = deps;
  const { tasks, notSent, unclear, stop } = report;
  const withPhase = (...phases: Task['phase'][]) => tasks.filter(({ task }) => phases.includes(task.phase));
  const rejected = withPhase('rejected');
  const accepted = tasks.length - withPhase('rejected', 'unknown', 'stopped').length;
  const total = tasks.length + notSent.length + unclear.length;
  const showTasks = { title: l10n.t('Show Tasks'), command: `${VIEWS.tasks}.focus` };
  if (accepted === total) {
    const requests = tasks.map(({ task }) => task.request);
    notifications.show('info', l10n.t('Generating {0} videos.', requestedVideoCount(catalog, requests)), [
      showTasks,
    ]);
    return;
  }
  const maybeCharged = tasks.filter(({ task }) => isMaybeCharged(task)).length + unclear.length;
  const { reason, buttons } = explainStop(deps, stop, rejected[0]?.task);
  const isCanceled = stop?.kind === 'cancelled' && rejected.length === 0 && maybeCharged === 0;
  notifications.show(
    isCanceled ? 'info' : 'warning',
    maybeCharged > 0
      ? l10n.t(
          '{0} of {1} requests accepted. You may have been charged for {2} more.',
          accepted,
          total,
          maybeCharged,
        )
      : appendReason(
          l10n.t("{0} of {1} requests accepted. You weren't charged for the others.", accepted, total),
          reason,
        ),
    [...buttons, ...(reopen ? [{ title: l10n.t('Show Prompts'), run: reopen }] : []), showTasks].slice(
      0,
      MAX_BUTTONS,
    ),
  );
}

/** Returns true unless the request was accepted, or certainly not charged. */
function isMaybeCharged({ phase, failure, gatewayTaskId }: Task): boolean {
  switch (phase) {
    case 'unknown':
      return true;
    case 'rejected':
      return failure?.charged !== 'no';
    case 'stopped':
      return gatewayTaskId !== undefined;
    default:
      return false;
  }
}

/** Appends as much of a reason as fits into a toast. */
function appendReason(text: string, reason: string | undefined): string {
  const candidates = reason === undefined ? [] : [reason, firstSentence(reason)];
  return (
    candidates.map((candidate) => `${text} ${candidate}`).find(({ length }) => length <= MAX_TOAST_LENGTH) ??
    text
  );
}

/** Explains why the batch stopped, or else why a request was rejected. */
function explainStop(
  { notifications, l10n, log }: Dependencies,
  stop: StopReason | undefined,
  rejected: Task | undefined,
): { readonly reason?: string; readonly buttons: readonly MessageButton[] } {
  if (stop?.kind === 'error') {
    const { error } = stop;
    if (error instanceof Rejection || error instanceof OutcomeNotStoredError) {
      log.warn(`[batch] stopped: ${describeError(error)}`);
      // Others of the batch may have been sent.
      const { message } = error.cause instanceof Rejection ? error.cause : error;
      return { reason: message, buttons: [] };
    }
    log.error(`[batch] a request failed: ${describeError(error)}`);
    return { buttons: [notifications.command('nebulaVideo.showLog')] };
  }
  const task = stop?.kind === 'task' ? stop.task : rejected;
  const explanation = task && explainFailure(task, l10n);
  const actions = explanation?.actions ?? [];
  const buttons = actions
    .filter((action) => BATCH_ACTIONS.includes(action))
    .map((action) => notifications.action(action, task?.id ?? ''))
    .filter((button) => button !== undefined);
  // A request that was rejected on its own didn't stop the batch.
  const reason = stop?.kind === 'task' && explanation ? firstSentence(explanation.sentence) : '';
  return { ...(reason === '' ? {} : { reason }), buttons };
}
