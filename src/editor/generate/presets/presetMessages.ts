import { visibleLine } from '../../../core/common/displayText';
import type { L10n } from '../../../core/common/l10n';
import type { AppContext } from '../../common/appContext';
import { SETTINGS, SETTINGS_SECTION } from '../../common/ids';
import type { MessageAction, MessagePresenter } from '../../common/messagePresenter';

/** Maximum length of a preset's name, in characters: it may be written by hand. */
const MAX_NAME_LENGTH = 80;

type Dependencies = Pick<AppContext, 'box' | 'l10n'>;

/** Messages about presets. */
export class PresetMessages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;

  constructor({ box, l10n }: Dependencies) {
    this.#box = box;
    this.#l10n = l10n;
  }

  presetSaved(name: string): void {
    this.#box.status(this.#l10n.t('The preset “{0}” is saved.', visibleLine(name, MAX_NAME_LENGTH)));
  }

  /** A preset wasn't saved because a key is in it. */
  keyInPreset(sentence: string): void {
    this.#box.show('error', sentence, []);
  }

  presetRemoved(name: string): void {
    this.#box.status(this.#l10n.t('The preset “{0}” is removed.', visibleLine(name, MAX_NAME_LENGTH)));
  }

  presetsNotWritten(): void {
    const sentence = this.#l10n.t(
      'The presets in the setting "nebulaVideo.presets" could not be changed. Look whether the settings file can be written and has no mistakes in it.',
    );
    this.#box.show('error', sentence, this.#helps());
  }

  #helps(): readonly MessageAction[] {
    return [
      {
        title: this.#l10n.t('Open Setting'),
        command: 'workbench.action.openSettings',
        arguments: [`@id:${SETTINGS_SECTION}.${SETTINGS.presets}`],
      },
      { title: this.#l10n.t('Show Log'), command: 'nebulaVideo.showLog' },
    ];
  }
}
