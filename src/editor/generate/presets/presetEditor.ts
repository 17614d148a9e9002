import { visibleLine } from '../../../core/common/displayText';
import { describeError } from '../../../core/common/log';
import type { VideoRequest } from '../../../core/models/request';
import { fieldWithKey, keyEnteredMessage, keyInFieldMessage } from '../../../core/tasks/keyGuard';
import type { AppContext } from '../../common/appContext';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../../labels/taskLabels';
import type { PresetMessages } from './presetMessages';
import type { ParsedPresets, Preset, PresetScope, PresetStore } from './presetStore';
import { resolveTasks } from '../../common/taskPicker';

export interface PresetDependencies extends Pick<AppContext, 'dialogs' | 'looksLikeKey' | 'log' | 'l10n'> {
  readonly presets: PresetStore;
  /** Whether there is a workspace whose settings count. */
  readonly hasWorkspace: () => boolean;
  readonly messages: Pick<
    PresetMessages,
    'presetSaved' | 'presetRemoved' | 'presetsNotWritten' | 'keyInPreset'
  >;
}

/** Longest name of a preset, in characters: it is one line of a list. */
const MAX_NAME_BYTES = 80;

/** Saves and removes presets, with the questions that this takes. Nothing is ever sent. */
export class PresetEditor {
  readonly #deps: PresetDependencies;

  constructor(deps: PresetDependencies) {
    this.#deps = deps;
  }

  read(): ParsedPresets {
    return this.#deps.presets.read();
  }

  /** Saves a request under a name that is asked for. Images and an earlier video are no part of it. */
  async save(request: VideoRequest): Promise<void> {
    const { presets, dialogs, messages, looksLikeKey, l10n } = this.#deps;
    const field = fieldWithKey(request, looksLikeKey);
    if (field !== undefined) {
      messages.keyInPreset(keyInFieldMessage(field, l10n));
      return;
    }
    const hasSources = (request.images ?? []).length > 0 || request.remixOf !== undefined;
    const hint = l10n.t('It is saved in your settings. Nothing is sent.');
    const title = l10n.t('Save as Preset');
    const entered = await dialogs.text({
      title,
      prompt: hasSources ? l10n.t('Images and earlier videos are not part of a preset. {0}', hint) : hint,
      placeholder: l10n.t('A name, for example: Rainy street, wide'),
      validate: (text) => {
        if (text.trim() === '') return l10n.t('Enter a name for the preset.');
        if (looksLikeKey(text)) return keyEnteredMessage(l10n);
        return text.trim().length > MAX_NAME_BYTES
          ? l10n.t('The name has more than {0} characters.', MAX_NAME_BYTES)
          : undefined;
      },
    });
    if (entered === undefined) return;
    const withPrompt = await this.#askForPrompt(request, title);
    if (withPrompt === undefined) return;
    const scope = await this.#askForScope(title);
    if (scope === undefined) return;
    const { model, prompt, options = {} } = request;
    const name = entered.trim();
    const preset: Preset = { name, scope, model, ...(withPrompt ? { prompt } : {}), options };
    if (presets.has(name, scope) && !(await this.#mayReplace(preset))) return;
    if (await this.#write(() => presets.save(preset))) messages.presetSaved(name);
  }

  /** Removes a preset, after a yes. */
  async remove(preset: Preset): Promise<void> {
    const { presets, dialogs, messages, l10n } = this.#deps;
    const { name, scope } = preset;
    const yes = await dialogs.confirm({
      message: l10n.t('Remove the preset “{0}”?', visibleLine(name, MAX_NAME_BYTES)),
      detail:
        scope === 'workspace'
          ? l10n.t('It is taken out of the settings of this workspace.')
          : l10n.t('It is taken out of your settings.'),
      action: l10n.t('Remove Preset'),
    });
    if (yes && (await this.#write(() => presets.remove(preset)))) messages.presetRemoved(name);
  }

  async #askForPrompt({ prompt }: VideoRequest, title: string): Promise<boolean | undefined> {
    const { dialogs, l10n } = this.#deps;
    return dialogs.choose({
      title,
      placeholder: l10n.t('Is the prompt part of the preset?'),
      choices: [
        {
          value: true,
          label: l10n.t('With the Prompt'),
          detail: `“${truncatePrompt(prompt, MAX_QUOTED_PROMPT_LENGTH)}”`,
        },
        {
          value: false,
          label: l10n.t('Model and Options Only'),
          detail: l10n.t('The prompt is asked for each time.'),
        },
      ],
    });
  }

  async #askForScope(title: string): Promise<PresetScope | undefined> {
    const { dialogs, hasWorkspace, l10n } = this.#deps;
    if (!hasWorkspace()) return 'user';
    return dialogs.choose<PresetScope>({
      title,
      placeholder: l10n.t('Where is it kept?'),
      choices: [
        { value: 'user', label: l10n.t('For You'), detail: l10n.t('In your settings, for all you open.') },
        {
          value: 'workspace',
          label: l10n.t('For This Workspace'),
          detail: l10n.t('In the settings of the workspace, for everybody who shares them.'),
        },
      ],
    });
  }

  async #mayReplace({ name }: Preset): Promise<boolean> {
    const { dialogs, l10n } = this.#deps;
    return dialogs.confirm({
      message: l10n.t('Replace the preset “{0}”?', visibleLine(name, MAX_NAME_BYTES)),
      detail: l10n.t('There is one with this name. It would be lost.'),
      action: l10n.t('Replace'),
    });
  }

  /** @returns false when the settings could not be written, which is said */
  async #write(write: () => Promise<void>): Promise<boolean> {
    const { messages, log } = this.#deps;
    try {
      await write();
      return true;
    } catch (error) {
      log.warn(`[presets] the setting could not be written: ${describeError(error)}`);
      messages.presetsNotWritten();
      return false;
    }
  }
}

interface Dependencies extends Pick<AppContext, 'engine' | 'dialogs' | 'messages' | 'l10n'> {
  readonly presets: Pick<PresetEditor, 'save'>;
}

/** Saves the request of an earlier task as a preset: that of a row, or of the one that is chosen. */
export async function savePreset(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, presets, messages, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const command = {
    title: l10n.t('Save as Preset'),
    question: l10n.t('Whose request should be saved?'),
    asksForOne: true as const,
    suits: () => true,
  };
  const found = await resolveTasks(args, tasks, command, deps);
  if (!found) messages.nothingSuitable(l10n.t('There is no task whose request could be saved.'));
  else if (found[0]) await presets.save(found[0].request);
}
