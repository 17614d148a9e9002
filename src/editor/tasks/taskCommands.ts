import type { Engine } from '../../core/engine';
import { isFinal } from '../../core/task/phases';
import { keyEnteredMessage } from '../../core/tasks/keyGuard';
import { isTaskId } from '../../core/tasks/taskReopener';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Confirmation } from '../common/dialogs';
import { missingVideos } from './missingVideos';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../labels/taskLabels';
import { resolveTasks, type TaskCommand } from '../common/taskPicker';

type Dependencies = Pick<AppContext, 'engine' | 'dialogs' | 'messages' | 'l10n'>;

interface Deed extends TaskCommand {
  /** What is said when it suits no task. */
  readonly none: string;
  /** Asked before it is done. */
  readonly confirmation?: (tasks: readonly Task[]) => Confirmation;
  /** @returns whether it was still possible */
  readonly act: (engine: Engine, id: string) => Promise<boolean>;
}

/** Removes ended tasks from the list. */
export async function removeTask(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { l10n } = deps;
  await doTo(deps, args, {
    title: l10n.t('Remove Task'),
    question: l10n.t('Which tasks should leave the list?'),
    none: l10n.t('There is no ended task to remove.'),
    suits: ({ phase }) => isFinal(phase),
    confirmation: (tasks) => ({
      message:
        tasks.length === 1
          ? l10n.t(
              'Remove “{0}” from the list?',
              truncatePrompt(tasks[0]?.request.prompt ?? '', MAX_QUOTED_PROMPT_LENGTH),
            )
          : l10n.t('Remove {0} tasks from the list?', tasks.length),
      detail: tasks.some(({ videos }) => videos.length > 0)
        ? l10n.t('The finished videos stay in the library. What is known of how they were made is forgotten.')
        : tasks.some(({ phase, gatewayTaskId }) => phase !== 'failed' && gatewayTaskId !== undefined)
          ? l10n.t(
              'What is known of the request is forgotten, with the task id: without that, a video that the gateway may still have cannot be fetched any more.',
            )
          : l10n.t('What is known of the request and how it ended is forgotten.'),
      action: l10n.t('Remove'),
    }),
    act: async (engine, id) => engine.remove(id),
  });
}

/** Calls off tasks of which nothing has been sent. */
export async function stopSending(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { l10n } = deps;
  await doTo(deps, args, {
    title: l10n.t('Stop Sending'),
    question: l10n.t('Which requests should not be sent?'),
    none: l10n.t('There is no request that waits to be sent.'),
    suits: ({ phase }) => phase === 'draft',
    act: async (engine, id) => engine.stopSending(id),
  });
}

/** No longer follows tasks that the gateway has. */
export async function stopTracking(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { l10n } = deps;
  await doTo(deps, args, {
    title: l10n.t('Stop Tracking'),
    question: l10n.t('Which tasks should no longer be followed?'),
    none: l10n.t('There is no task that is being followed.'),
    suits: ({ phase }) => !isFinal(phase) && phase !== 'draft' && phase !== 'sending',
    confirmation: (tasks) => ({
      message:
        tasks.length === 1
          ? l10n.t(
              'Stop tracking “{0}”?',
              truncatePrompt(tasks[0]?.request.prompt ?? '', MAX_QUOTED_PROMPT_LENGTH),
            )
          : l10n.t('Stop tracking {0} tasks?', tasks.length),
      detail: l10n.t(
        'This neither cancels nor refunds anything: the gateway may go on and charge for the video, but it will not be fetched.',
      ),
      action: l10n.t('Stop Tracking'),
    }),
    act: async (engine, id) => engine.stopTracking(id),
  });
}

/** Asks the gateway once more about tasks that have ended without a video, or whose file is gone. */
export async function checkAgain(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { messages, l10n } = deps;
  const engine = await deps.engine.open();
  const missing = await missingVideos(engine.library, engine.tasks(Infinity));
  const found = await doTo(deps, args, {
    title: l10n.t('Look Again'),
    question: l10n.t('Which tasks should the gateway be asked about once more?'),
    none: l10n.t('There is no task that could be looked for again.'),
    suits: ({ id, phase, gatewayTaskId, failure }) =>
      gatewayTaskId !== undefined &&
      (phase === 'failed' ||
        phase === 'rejected' ||
        phase === 'lost' ||
        phase === 'stopped' ||
        missing.has(id) ||
        (phase === 'saved' && failure !== undefined)),
    act: async (current, id) => current.checkAgain(id),
  });
  if (found > 0) messages.looksAgain(found);
}

/** Follows the gateway's own task in place of one whose outcome is unknown, or whose id may be wrong. */
export async function attachTaskId(
  deps: Dependencies & Pick<AppContext, 'catalog' | 'looksLikeKey'>,
  args: readonly unknown[],
): Promise<void> {
  const { catalog, dialogs, messages, looksLikeKey, l10n } = deps;
  const engine = await deps.engine.open();
  const title = l10n.t('Attach Task ID');
  const tasks = await resolveTasks(
    args,
    engine.tasks(Infinity),
    {
      title,
      question: l10n.t('Which request do you know the task id of?'),
      asksForOne: true,
      suits: ({ takesTaskId }) => takesTaskId === true,
    },
    deps,
  );
  if (!tasks) {
    messages.nothingSuitable(l10n.t('There is no task whose outcome is unknown.'));
    return;
  }
  for (const { id, request } of tasks) {
    const text = await dialogs.text({
      title,
      prompt: l10n.t(
        'The id that Nebula’s usage page shows for “{0}”. The task is followed from then on; nothing is sent again.',
        truncatePrompt(request.prompt, MAX_QUOTED_PROMPT_LENGTH),
      ),
      placeholder: catalog.taskIdExample(request.model),
      validate: (value) => {
        if (looksLikeKey(value)) return keyEnteredMessage(l10n);
        // Spaces around it come from copying.
        return isTaskId(value.trim()) ? undefined : l10n.t('Enter an ID without spaces.');
      },
    });
    if (text === undefined) return;
    if (await engine.attachTaskId(id, text.trim())) messages.looksAgain(1);
    else messages.tooLate(1);
  }
}

/** Puts prompts into the clipboard, byte for byte. */
export async function copyPrompt(
  deps: Dependencies & Pick<AppContext, 'desktop'>,
  args: readonly unknown[],
): Promise<void> {
  const { engine, messages, desktop, l10n } = deps;
  const tasks = await resolveTasks(
    args,
    (await engine.open()).tasks(Infinity),
    {
      title: l10n.t('Copy Prompt'),
      question: l10n.t('Which prompt should be copied?'),
      asksForOne: true,
      suits: () => true,
    },
    deps,
  );
  if (!tasks) messages.nothingSuitable(l10n.t('There is no task with a prompt yet.'));
  if (!tasks || tasks.length === 0) return;
  await desktop.copyText(tasks.map(({ request }) => request.prompt).join('\n\n'));
  messages.promptCopied(tasks.length);
}

/** @returns for how many tasks it was done */
async function doTo(deps: Dependencies, args: readonly unknown[], deed: Deed): Promise<number> {
  const { dialogs, messages } = deps;
  const engine = await deps.engine.open();
  const tasks = await resolveTasks(args, engine.tasks(Infinity), deed, deps);
  if (!tasks) {
    messages.nothingSuitable(deed.none);
    return 0;
  }
  if (tasks.length === 0) return 0;
  if (deed.confirmation && !(await dialogs.confirm(deed.confirmation(tasks)))) return 0;
  let late = 0;
  for (const { id } of tasks) if (!(await deed.act(engine, id))) late++;
  if (late > 0) messages.tooLate(late);
  return tasks.length - late;
}
