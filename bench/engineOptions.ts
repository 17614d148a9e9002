import { untranslatedL10n } from '../src/core/common/l10n';
import type { Log } from '../src/core/common/log';
import type { EngineOptions } from '../src/core/engine';
import { catalog } from '../test/support/catalog';

/** ID of the only key. */
export const KEY_ID = 'bench';

const silent = (): void => undefined;
const silentLog: Log = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Options for the engine as the editor creates it, but without the editor: a folder, a key and no UI. */
export function engineOptions(storageFolder: string, key: string): EngineOptions {
  return {
    storageFolder,
    keys: {
      version: 0,
      keyFor: () => Promise.resolve({ kind: 'key', key: { id: KEY_ID, value: key } }),
      looksLikeKey: () => false,
    },
    log: silentLog,
    catalog,
    l10n: untranslatedL10n,
    pollInterval: () => 5_000,
  };
}
