import type { L10n } from '../../core/common/l10n';
import type { Engine } from '../../core/engine';
import { isEnd } from '../../core/tasks/phases';
import type { Task } from '../../core/tasks/task';
import type { Asker, Confirmation } from '../asker';
import type { EngineHolder } from '../engineHolder';
import type { Messages } from '../messages';
import { LONGEST_MENTION, shortPrompt } from '../taskWords';
import { tasksFor, type TaskCommand } from './taskArguments';

interface Parts {
  readonly engines: EngineHolder;
  readonly asker: Asker;
  readonly messages: Messages;
  readonly l10n: L10n;
}

/** How many tasks a person chooses from; older ones are reached through the list. */
const MOST_CHOICES = 1000;

interface Deed extends TaskCommand {
  /** What is said when it suits no task. */
  readonly none: string;
  /** Asked before it is done. */
  readonly confirmation?: (tasks: readonly Task[]) => Confirmation;
  /** @returns whether it was still possible */
  readonly act: (engine: Engine, id: string) => Promise<boolean>;
}

/** Removes ended tasks from the list. */
export async function removeTask(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { l10n } = parts;
  await doTo(parts, args, {
    title: l10n.t('Remove Task'),
    question: l10n.t('Which tasks should leave the list?'),
    none: l10n.t('There is no ended task to remove.'),
    suits: ({ phase }) => isEnd(phase),
    confirmation: (tasks) => ({
      message:
        tasks.length === 1
          ? l10n.t(
              'Remove “{0}” from the list?',
              shortPrompt(tasks[0]?.request.prompt ?? '', LONGEST_MENTION),
            )
          : l10n.t('Remove {0} tasks from the list?', tasks.length),
      detail: tasks.some(({ videos }) => videos.length > 0)
        ? l10n.t('The finished videos stay in the library. What is known of how they were made is forgotten.')
        : l10n.t('What is known of the request and how it ended is forgotten.'),
      action: l10n.t('Remove'),
    }),
    act: async (engine, id) => engine.remove(id),
  });
}

/** Calls off tasks of which nothing has been sent. */
export async function stopSending(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { l10n } = parts;
  await doTo(parts, args, {
    title: l10n.t('Stop Sending'),
    question: l10n.t('Which requests should not be sent?'),
    none: l10n.t('There is no request that waits to be sent.'),
    suits: ({ phase }) => phase === 'draft',
    act: async (engine, id) => engine.stopSending(id),
  });
}

/** No longer follows tasks that the gateway has. */
export async function stopTracking(parts: Parts, args: readonly unknown[]): Promise<void> {
  const { l10n } = parts;
  await doTo(parts, args, {
    title: l10n.t('Stop Tracking'),
    question: l10n.t('Which tasks should no longer be followed?'),
    none: l10n.t('There is no task that is being followed.'),
    suits: ({ phase }) => !isEnd(phase) && phase !== 'draft' && phase !== 'sending',
    confirmation: (tasks) => ({
      message:
        tasks.length === 1
          ? l10n.t('Stop tracking “{0}”?', shortPrompt(tasks[0]?.request.prompt ?? '', LONGEST_MENTION))
          : l10n.t('Stop tracking {0} tasks?', tasks.length),
      detail: l10n.t(
        'This neither cancels nor refunds anything: the gateway goes on and charges for the video, but it will not be fetched.',
      ),
      action: l10n.t('Stop Tracking'),
    }),
    act: async (engine, id) => engine.stopTracking(id),
  });
}

async function doTo(parts: Parts, args: readonly unknown[], deed: Deed): Promise<void> {
  const { engines, asker, messages } = parts;
  const engine = await engines.open();
  const tasks = await tasksFor(args, engine.tasks(MOST_CHOICES), deed, parts);
  if (!tasks) {
    messages.nothingSuitable(deed.none);
    return;
  }
  if (tasks.length === 0) return;
  if (deed.confirmation && !(await asker.confirm(deed.confirmation(tasks)))) return;
  let late = 0;
  for (const { id } of tasks) if (!(await deed.act(engine, id))) late++;
  if (late > 0) messages.tooLate(late);
}
