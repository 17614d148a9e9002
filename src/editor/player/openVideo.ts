import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { PickOptions } from '../common/dialogs';
import { idsFromArguments } from '../common/taskPicker';
import { formatAge, phaseLabel, truncatePrompt } from '../labels/taskLabels';
import type { PlayerManager } from './playerManager';

interface Dependencies extends Pick<AppContext, 'l10n'> {
  readonly players: Pick<PlayerManager, 'open'>;
  /** Newest tasks first. */
  readonly tasks: () => Promise<readonly Task[]>;
  readonly pick: (question: PickOptions<string>) => Promise<string | undefined>;
  /** Shows why there's nothing to open. */
  readonly showNothing: (sentence: string) => void;
  readonly now: () => number;
}

const MAX_OPENED_AT_ONCE = 8;

/** Opens the players of the given tasks. Prompts for a task if none is given. */
export async function openVideo(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { players, l10n } = deps;
  const ids = idsFromArguments(args) ?? (await pickTask(deps));
  if (!ids) return;
  let opened = 0;
  for (const id of ids.slice(0, MAX_OPENED_AT_ONCE)) if (await players.open(id)) opened++;
  if (opened === 0) deps.showNothing(l10n.t('This task is no longer in the list.'));
}

/** @returns undefined if the user canceled or there are no tasks */
async function pickTask({
  tasks,
  pick,
  showNothing,
  l10n,
  now,
}: Dependencies): Promise<readonly string[] | undefined> {
  const all = await tasks();
  if (all.length === 0) {
    showNothing(l10n.t('There is no video to open yet.'));
    return undefined;
  }
  const chosen = await pick({
    title: l10n.t('Open Video'),
    placeholder: l10n.t('Which video?'),
    choices: all.map((task) => ({
      value: task.id,
      label: truncatePrompt(task.request.prompt),
      description: `${phaseLabel(task.phase, l10n)} · ${task.request.model} · ${formatAge(now() - task.createdAt, l10n)}`,
    })),
  });
  return chosen === undefined ? undefined : [chosen];
}
