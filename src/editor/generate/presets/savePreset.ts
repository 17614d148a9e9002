import type { AppContext } from '../../common/appContext';
import type { PresetEditor } from './presetEditor';
import { resolveTasks } from '../../common/taskPicker';

interface Dependencies extends Pick<AppContext, 'engines' | 'asker' | 'messages' | 'l10n'> {
  readonly presets: Pick<PresetEditor, 'save'>;
}

/** Saves the request of an earlier task as a preset: that of a row, or of the one that is chosen. */
export async function savePreset(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engines, presets, messages, l10n } = deps;
  const tasks = (await engines.open()).tasks(Infinity);
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
