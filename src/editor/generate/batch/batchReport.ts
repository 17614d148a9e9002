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
import { explainFailure } from '../../labels/failureLabels';

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
  const maybeCharged =
    withPhase('unknown').length +
    unclear.length +
    rejected.filter(({ task }) => task.failure?.charged !== 'no').length;
  const { reason, buttons } = explainStop(deps, stop, rejected[0]?.task);
  const isCanceled = stop?.kind === 'cancelled' && rejected.length === 0 && maybeCharged === 0;
  notifications.show(
    isCanceled ? 'info' : 'warning',
    maybeCharged > 0
      ? l10n.t('{0} of {1} requests accepted. {2} more may have been charged.', accepted, total, maybeCharged)
      : [
          l10n.t('{0} of {1} requests accepted.', accepted, total),
          ...(reason === undefined ? [] : [reason]),
        ].join(' '),
    [...buttons, ...(reopen ? [{ title: l10n.t('Show Prompts'), run: reopen }] : []), showTasks].slice(
      0,
      MAX_BUTTONS,
    ),
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
      return { reason: error.message, buttons: [] };
    }
    log.error(`[batch] a request failed: ${describeError(error)}`);
    return { buttons: [notifications.command('nebulaVideo.showLog')] };
  }
  const task = stop?.kind === 'task' ? stop.task : rejected;
  const actions = (task && explainFailure(task, l10n)?.actions) ?? [];
  const buttons = actions
    .filter((action) => BATCH_ACTIONS.includes(action))
    .map((action) => notifications.action(action, task?.id ?? ''))
    .filter((button) => button !== undefined);
  return { buttons };
}
