import * as z from 'zod/mini';
import type { L10n } from '../../core/common/l10n';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import type { CustomModel, Model } from '../../core/models/catalog';
import type { AppContext } from './appContext';
import { SETTINGS, SETTINGS_SECTION } from './ids';
import type { MessagePresenter } from './messagePresenter';
import type { Settings } from './settings';

interface Dependencies extends Pick<AppContext, 'log'> {
  readonly settings: Pick<Settings, 'customModels'>;
  /** The user's setting, as it is written; what a workspace says does not count. */
  readonly written: () => unknown;
  readonly write: (value: readonly unknown[]) => Promise<void>;
  /** Hears of a model that could not be added to the setting. */
  readonly notKept: (modelId: string) => void;
}

const entries = z.array(z.unknown());

/** The user's own models: those of the setting, and those that were entered in this window. */
export class CustomModels {
  readonly #deps: Dependencies;
  readonly #log: Log;
  /** Used until the window closes, where the setting can't be written. */
  readonly #entered: CustomModel[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'models');
  }

  list(): readonly CustomModel[] {
    const kept = this.#deps.settings.customModels();
    return [...kept, ...this.#entered.filter(({ id }) => !kept.some((model) => model.id === id))];
  }

  /** Adds a model to the setting, behind all that stands there; where that fails it is known until the window closes. */
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

/** Creates the models of the user's setting. */
export function createCustomModels({
  settings,
  configuration,
  box,
  l10n,
  log,
}: Pick<AppContext, 'settings' | 'configuration' | 'box' | 'l10n' | 'log'>): CustomModels {
  return new CustomModels({
    settings,
    written: () => configuration().inspect(SETTINGS.models)?.globalValue,
    // True: in the user's settings.
    write: async (value) => configuration().update(SETTINGS.models, value, true),
    notKept: (modelId) => showModelNotKept(box, modelId, l10n),
    log,
  });
}

/** Warns that a model is known only until the window closes. */
function showModelNotKept(box: MessagePresenter, modelId: string, l10n: L10n): void {
  const sentence = l10n.t(
    'The model “{0}” can be used until this window closes, but it could not be added to the setting "nebulaVideo.models".',
    modelId,
  );
  const openSetting = {
    title: l10n.t('Open Setting'),
    command: 'workbench.action.openSettings',
    arguments: [`@id:${SETTINGS_SECTION}.${SETTINGS.models}`],
  };
  box.show('warning', sentence, [openSetting, { title: l10n.t('Show Log'), command: 'nebulaVideo.showLog' }]);
}
