import type { AppContext } from '../common/appContext';
import type { LibraryMessages } from './libraryMessages';
import { Rejection, readOnlyMessage } from '../common/rejection';
import { idsFromArguments } from '../common/taskPicker';

interface Dependencies extends Pick<AppContext, 'engine' | 'dialogs' | 'notifications' | 'l10n'> {
  readonly libraryMessages: LibraryMessages;
}

/** Recovers videos of the given tasks, or of all tasks and the library. Never sends a paid request. */
export async function recoverVideos(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { notifications, libraryMessages, l10n } = deps;
  const ids = idsFromArguments(args);
  const engine = await deps.engine.open();
  if (engine.readOnly) throw new Rejection('readOnly', readOnlyMessage(engine.readOnly, l10n));
  const report = await notifications.longProgress(
    l10n.t('Looking for lost videos…'),
    async (onProgress, signal) => engine.recoverVideos({ onProgress, signal, ...(ids && { ids }) }),
  );
  // Without a task ID, the gateway can't be queried. The user can attach one.
  const nameless = ids?.filter((id) => engine.task(id)?.phase === 'unknown') ?? [];
  if (nameless.length > 0) libraryMessages.notRescuedWithoutId(nameless);
  else libraryMessages.rescued(report);
}
