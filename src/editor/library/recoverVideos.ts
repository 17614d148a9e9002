import type { L10n } from '../../core/common/l10n';
import type { Dialogs } from '../common/dialogs';
import type { LazyEngine } from '../common/engineAccess';
import type { LibraryMessages } from './libraryMessages';
import type { Notifier } from '../common/notifications';
import { Rejection } from '../common/rejection';
import { readOnlyMessage } from '../common/requestMessages';
import { idsFromArguments } from '../common/taskPicker';

interface Parts {
  readonly engines: LazyEngine;
  readonly asker: Dialogs;
  readonly notifier: Notifier;
  readonly libraryMessages: LibraryMessages;
  readonly l10n: L10n;
}

/** Gets back what can be got back: for the given tasks, or for all of them and the library. Sends no paid request. */
export async function recoverVideos(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { engines, notifier, libraryMessages, l10n } = parts;
  const ids = idsFromArguments(args);
  const engine = await engines.open();
  if (engine.readOnly) throw new Rejection('readOnly', readOnlyMessage(engine.readOnly, l10n));
  const report = await notifier.longProgress(l10n.t('Looking for lost videos…'), async (onProgress, signal) =>
    engine.recoverVideos({ onProgress, signal, ...(ids && { ids }) }),
  );
  // Without a task id the gateway can't be asked; whoever knows the id can help.
  const nameless = ids?.filter((id) => engine.task(id)?.phase === 'unknown') ?? [];
  if (nameless.length > 0) libraryMessages.notRescuedWithoutId(nameless);
  else libraryMessages.rescued(report);
}
