import { withPrefix } from '../../core/common/log';
import type { RecoveryReport } from '../../core/tasks/taskRecovery';
import type { AppContext } from '../common/appContext';
import { readOnlyRejection } from '../common/rejection';
import { idsFromArguments } from '../common/taskPicker';

type Dependencies = Pick<AppContext, 'engine' | 'notifications' | 'l10n' | 'log'>;

/** Recovers videos of the given tasks, or of all tasks and the library. Never sends a paid request. */
export async function recoverVideos(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { notifications, l10n } = deps;
  const ids = idsFromArguments(args);
  const engine = await deps.engine.open();
  if (engine.readOnly) throw readOnlyRejection(engine.readOnly, l10n);
  const report = await notifications.longProgress(l10n.t('Recovering videos…'), async (onProgress, signal) =>
    engine.recoverVideos({ onProgress, signal, ...(ids && { ids }) }),
  );
  // Without a task ID, the gateway can't be queried. The user can attach one.
  const withoutTaskId = ids?.filter((id) => engine.task(id)?.phase === 'unknown') ?? [];
  if (withoutTaskId.length === 0) {
    showReport(deps, report);
    return;
  }
  const attach = notifications.command('nebulaVideo.attachTaskId', withoutTaskId[0], withoutTaskId);
  notifications.show('info', l10n.t('Not found in the library. To check the gateway, attach a task ID.'), [
    attach,
  ]);
}

function showReport(
  { notifications, l10n, log }: Dependencies,
  { found, reopened, libraryError }: RecoveryReport,
): void {
  if (libraryError !== undefined) {
    withPrefix(log, 'library').warn(`the library couldn't be searched: ${libraryError}`);
    const message = l10n.t("Couldn't search the library. Tasks being checked: {0}.", reopened);
    notifications.show('warning', message, [notifications.command('nebulaVideo.showLog')]);
  } else if (found === 0 && reopened === 0) {
    notifications.show('info', l10n.t('Nothing to recover.'), []);
  } else {
    const message = l10n.t('Videos recovered: {0}. Tasks being checked: {1}.', found, reopened);
    notifications.show('info', message, []);
  }
}
