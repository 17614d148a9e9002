import type { AppContext } from '../common/appContext';
import { resolveTasks } from '../common/taskPicker';
import type { PlayerManager } from './playerManager';

interface Dependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'language'
> {
  readonly players: Pick<PlayerManager, 'open'>;
}

const MAX_OPENED_AT_ONCE = 8;

/** Opens the pages of the given tasks, or of one that the user selects. */
export async function openVideo(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, players, notifications, commandTitles, l10n } = deps;
  const tasks = await resolveTasks(
    args,
    (await engine.open()).tasks(Infinity),
    {
      title: commandTitles.plain('nebulaVideo.openVideo'),
      question: l10n.t('Select a task'),
      asksForOne: true,
      suits: () => true,
    },
    deps,
  );
  if (!tasks) notifications.status(l10n.t('No matching tasks.'));
  for (const { id } of tasks?.slice(0, MAX_OPENED_AT_ONCE) ?? []) await players.open(id);
}
