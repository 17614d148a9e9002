import * as z from 'zod/mini';
import type { L10n } from '../../core/common/l10n';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import type { CustomModel, Model } from '../../core/models/catalog';
import type { AppContext } from './appContext';
import { SETTINGS } from './ids';
import type { Notifications } from './notifications';
import type { Settings } from './settings';

interface Dependencies extends Pick<AppContext, 'log'> {
  readonly settings: Pick<Settings, 'customModels'>;
  /** The raw value of the user's setting. Workspace settings don't count. */
  readonly written: () => unknown;
  readonly write: (value: readonly unknown[]) => Promise<void>;
  /** Called if a model couldn't be added to the setting. */
  readonly notKept: (modelId: string) => void;
}

const entries = z.array(z.unknown());

/** Models that the user added: those in the setting, and those entered in this window. */
export class CustomModels {
  readonly #deps: Dependencies;
  readonly #log: Log;
  /** Used until the window closes, if the setting can't be changed. */
  readonly #entered: CustomModel[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'models');
  }

  list(): readonly CustomModel[] {
    const kept = this.#deps.settings.customModels();
    return [...kept, ...this.#entered.filter(({ id }) => !kept.some((model) => model.id === id))];
  }

  /** Adds a model to the setting. If that fails, it's known until the window closes. */
  async add({ id, family }: Model): Promise<void> {
    const { written, write, notKept } = this.#deps;
    if (this.list().some((model) => model.id === id)) return;
    this.#entered.push({ id, family: family.id });
    try {
      await write([...entries.parse(written() ?? []), { id, family: family.id }]);
    } catch (error) {
      this.#log.warn(`the model ${id} could not be added to the setting: ${describeError(error)}`);
      notKept(id);
    }
  }
}

export function createCustomModels({
  settings,
  configuration,
  notifications,
  l10n,
  log,
}: Pick<AppContext, 'settings' | 'configuration' | 'notifications' | 'l10n' | 'log'>): CustomModels {
  return new CustomModels({
    settings,
    written: () => configuration().inspect(SETTINGS.models)?.globalValue,
    // True: in the user's settings.
    write: async (value) => configuration().update(SETTINGS.models, value, true),
    notKept: (modelId) => showModelNotKept(notifications, modelId, l10n),
    log,
  });
}

function showModelNotKept(notifications: Notifications, modelId: string, l10n: L10n): void {
  const message = l10n.t(
    "Couldn't add '{0}' to 'nebulaVideo.models'. It works in this window only.",
    modelId,
  );
  notifications.show('warning', message, [
    notifications.openSettings('models'),
    notifications.command('nebulaVideo.showLog'),
  ]);
}
