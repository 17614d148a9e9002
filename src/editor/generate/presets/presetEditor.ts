import { visibleLine } from '../../../core/common/displayText';
import { describeError } from '../../../core/common/log';
import type { VideoRequest } from '../../../core/models/request';
import { fieldWithKey, keyEnteredMessage, keyInFieldMessage } from '../../../core/tasks/keyGuard';
import type { AppContext } from '../../common/appContext';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../../labels/taskLabels';
import type { ParsedPresets, Preset, PresetScope, PresetStore } from './presetStore';

export interface PresetDependencies extends Pick<
  AppContext,
  'dialogs' | 'notifications' | 'commandTitles' | 'looksLikeKey' | 'log' | 'l10n' | 'language'
> {
  readonly presets: PresetStore;
  /** Whether there is a trusted workspace, whose settings count. */
  readonly hasWorkspace: () => boolean;
}

/** Maximum length of a preset name, in characters. */
const MAX_NAME_LENGTH = 80;

/** Saves and deletes presets, with the dialogs for that. Never sends anything. */
export class PresetEditor {
  readonly #deps: PresetDependencies;

  constructor(deps: PresetDependencies) {
    this.#deps = deps;
  }

  read(): ParsedPresets {
    return this.#deps.presets.read();
  }

  /** Saves a request under a name that the user enters, without images and the video to remix. */
  async save(request: VideoRequest): Promise<void> {
    const { presets, dialogs, notifications, commandTitles, looksLikeKey, l10n } = this.#deps;
    const field = fieldWithKey(request, looksLikeKey);
    if (field !== undefined) {
      notifications.show('error', keyInFieldMessage(field, l10n), []);
      return;
    }
    const hasSources = (request.images ?? []).length > 0 || request.remixOf !== undefined;
    const title = commandTitles.plain('nebulaVideo.savePreset');
    const entered = await dialogs.text({
      title,
      prompt: hasSources ? l10n.t("Images and remix sources aren't saved.") : '',
      placeholder: l10n.t('Preset name'),
      validate: (text) => {
        if (text.trim() === '') return l10n.t('Enter a value.');
        if (looksLikeKey(text)) return keyEnteredMessage(l10n);
        return text.trim().length > MAX_NAME_LENGTH
          ? l10n.t('Use up to {0} characters.', MAX_NAME_LENGTH)
          : undefined;
      },
    });
    if (entered === undefined) return;
    const withPrompt = await this.#pickContent(request, title);
    if (withPrompt === undefined) return;
    const scope = await this.#pickScope(title);
    if (scope === undefined) return;
    const { model, prompt, options = {} } = request;
    const name = entered.trim();
    const preset: Preset = { name, scope, model, ...(withPrompt ? { prompt } : {}), options };
    if (presets.has(name, scope) && !(await this.#confirmReplace(preset))) return;
    if (await this.#write(() => presets.save(preset))) {
      notifications.status(l10n.t("Preset '{0}' saved.", visibleLine(name, MAX_NAME_LENGTH)));
    }
  }

  /** Deletes a preset if the user confirms. */
  async remove(preset: Preset): Promise<void> {
    const { presets, dialogs, l10n } = this.#deps;
    const name = visibleLine(preset.name, MAX_NAME_LENGTH);
    const isConfirmed = await dialogs.confirm({
      message: l10n.t("Delete preset '{0}'?", name),
      detail: '',
      action: l10n.t('Delete'),
    });
    if (isConfirmed) await this.#write(() => presets.remove(preset));
  }

  /** @returns true if the prompt is part of the preset; undefined if the user canceled */
  async #pickContent({ prompt }: VideoRequest, title: string): Promise<boolean | undefined> {
    const { dialogs, l10n, language } = this.#deps;
    // Lists have no prompt that all requests share.
    if (prompt === '') return false;
    const withoutPrompt = [l10n.t('Model'), l10n.t('Options')];
    const list = new Intl.ListFormat(language);
    return dialogs.choose({
      title,
      placeholder: l10n.t('Select an option'),
      choices: [
        {
          value: true,
          label: list.format([l10n.t('Prompt'), ...withoutPrompt]),
          detail: truncatePrompt(prompt, MAX_QUOTED_PROMPT_LENGTH),
        },
        { value: false, label: list.format(withoutPrompt) },
      ],
    });
  }

  async #pickScope(title: string): Promise<PresetScope | undefined> {
    const { dialogs, hasWorkspace, l10n } = this.#deps;
    if (!hasWorkspace()) return 'user';
    return dialogs.choose<PresetScope>({
      title,
      placeholder: l10n.t('Select where to save'),
      choices: [
        { value: 'user', label: l10n.t('User') },
        { value: 'workspace', label: l10n.t('Workspace') },
      ],
    });
  }

  async #confirmReplace({ name }: Preset): Promise<boolean> {
    const { dialogs, l10n } = this.#deps;
    return dialogs.confirm({
      message: l10n.t("Replace preset '{0}'?", visibleLine(name, MAX_NAME_LENGTH)),
      detail: '',
      action: l10n.t('Replace'),
    });
  }

  /** @returns false if the settings couldn't be written, after a message */
  async #write(write: () => Promise<void>): Promise<boolean> {
    const { notifications, log, l10n } = this.#deps;
    try {
      await write();
      return true;
    } catch (error) {
      log.warn(`[presets] the setting could not be written: ${describeError(error)}`);
      notifications.show('error', l10n.t("Couldn't update 'nebulaVideo.presets'."), [
        notifications.openSettings('presets'),
        notifications.command('nebulaVideo.showLog'),
      ]);
      return false;
    }
  }
}
