import type { L10n } from '../../core/common/l10n';
import type { Asker } from '../common/dialogs';
import type { EngineHolder } from '../common/engineAccess';
import type { LibraryMessages } from './libraryMessages';
import type { Notifier } from '../common/notifications';
import { Rejection } from '../common/rejection';
import { readOnlySentence } from '../common/requestMessages';
import { givenIds } from '../common/taskPicker';

interface Parts {
  readonly engines: EngineHolder;
  readonly asker: Asker;
  readonly notifier: Notifier;
  readonly libraryMessages: LibraryMessages;
  readonly l10n: L10n;
}

/** Gets back what can be got back: for the given tasks, or for all of them and the library. Sends no paid request. */
export async function rescue(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { engines, notifier, libraryMessages, l10n } = parts;
  const ids = givenIds(args);
  const engine = await engines.open();
  if (engine.readOnly) throw new Rejection('readOnly', readOnlySentence(engine.readOnly, l10n));
  const report = await notifier.longProgress(l10n.t('Looking for lost videos…'), async (onProgress, signal) =>
    engine.rescue({ onProgress, signal, ...(ids && { ids }) }),
  );
  // Without a task id the gateway can't be asked; whoever knows the id can help.
  const nameless = ids?.filter((id) => engine.task(id)?.phase === 'unknown') ?? [];
  if (nameless.length > 0) libraryMessages.notRescuedWithoutId(nameless);
  else libraryMessages.rescued(report);
}
