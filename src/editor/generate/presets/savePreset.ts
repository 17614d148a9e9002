import type { AppContext } from '../../common/appContext';
import { resolveTasks } from '../../common/taskPicker';
import type { Presets } from './createPresets';

interface Dependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'language'
> {
  readonly presets: Pick<Presets, 'save'>;
}

/** Saves the request of a task as a preset. */
export async function savePreset(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, presets, notifications, commandTitles, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const command = {
    title: commandTitles.plain('nebulaVideo.savePreset'),
    question: l10n.t('Select a task'),
    asksForOne: true as const,
    suits: () => true,
  };
  const found = await resolveTasks(args, tasks, command, deps);
  if (!found) notifications.status(l10n.t('No matching tasks.'));
  else if (found[0]) await presets.save(found[0].request);
}
