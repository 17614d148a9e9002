import type { Engine } from '../../core/engine';
import { checkingAgainMessage } from '../../core/task/failureMessage';
import { isFinal } from '../../core/task/phases';
import { keyEnteredMessage } from '../../core/tasks/keyGuard';
import { isTaskId } from '../../core/tasks/taskReopener';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Confirmation } from '../common/dialogs';
import { resolveTasks } from '../common/taskPicker';
import { stopMessage } from '../labels/failureLabels';
import { truncatePrompt } from '../labels/taskLabels';
import { missingVideos } from './missingVideos';

type Dependencies = Pick<
  AppContext,
  'catalog' | 'engine' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'language'
>;

/** A command that does the same to each of several tasks. */
interface TaskAction {
  readonly command: `nebulaVideo.${string}`;
  readonly suits: (task: Task) => boolean;
  /** Asked first. */
  readonly confirmation?: (tasks: readonly Task[]) => Confirmation;
  /** @returns false if it was too late */
  readonly act: (engine: Engine, id: string) => Promise<boolean>;
}

/** Removes tasks from the list. Videos stay in the library. */
export async function removeTask(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { l10n } = deps;
  await runOnTasks(deps, args, {
    command: 'nebulaVideo.removeTask',
    suits: ({ phase }) => isFinal(phase),
    confirmation: (tasks) => ({
      message: l10n.t('Remove from the task list?'),
      detail: [
        ...quotePrompts(tasks),
        l10n.t(
          "Videos stay in the library. Prompts and task IDs are deleted, so videos that only the gateway has can't be downloaded.",
        ),
      ].join('\n'),
      action: l10n.t('Remove'),
    }),
    act: async (engine, id) => engine.remove(id),
  });
}

/** Cancels tasks before they're sent. */
export async function stopSending(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  await runOnTasks(deps, args, {
    command: 'nebulaVideo.stopSending',
    suits: ({ phase }) => phase === 'draft',
    act: async (engine, id) => engine.stopSending(id),
  });
}

/** Stops tracking tasks that the gateway has accepted. */
export async function stopTracking(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { l10n, commandTitles } = deps;
  await runOnTasks(deps, args, {
    command: 'nebulaVideo.stopTracking',
    suits: ({ phase }) => !isFinal(phase) && phase !== 'draft' && phase !== 'sending',
    confirmation: (tasks) => ({
      message: l10n.t('Stop tracking?'),
      detail: [...quotePrompts(tasks), stopMessage(l10n)].join('\n'),
      action: commandTitles.button('nebulaVideo.stopTracking'),
    }),
    act: async (engine, id) => engine.stopTracking(id),
  });
}

/** Checks tasks again that ended without a video, or whose file is missing. */
export async function checkAgain(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const engine = await deps.engine.open();
  const missing = await missingVideos(engine.library, engine.tasks(Infinity));
  const checked = await runOnTasks(deps, args, {
    command: 'nebulaVideo.lookAgain',
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
  if (checked > 0) showChecking(deps);
}

/** Tracks the given gateway task instead of one whose outcome is unknown, or whose ID may be wrong. */
export async function attachTaskId(
  deps: Dependencies & Pick<AppContext, 'catalog' | 'looksLikeKey'>,
  args: readonly unknown[],
): Promise<void> {
  const { catalog, dialogs, notifications, commandTitles, looksLikeKey, l10n } = deps;
  const engine = await deps.engine.open();
  const title = commandTitles.plain('nebulaVideo.attachTaskId');
  const question = l10n.t('Select a task');
  const suits = ({ takesTaskId }: Task) => takesTaskId === true;
  const command = { title, question, asksForOne: true, suits } as const;
  const tasks = await resolveTasks(args, engine.tasks(Infinity), command, deps);
  if (!tasks) showNoTasks(deps);
  for (const { id, request } of tasks ?? []) {
    const text = await dialogs.text({
      title,
      prompt: l10n.t(
        "Task ID from the gateway's usage page for '{0}'. Nothing is sent again.",
        truncatePrompt(request.prompt),
      ),
      placeholder: catalog.taskIdExample(request.model),
      validate: (value) => {
        if (looksLikeKey(value)) return keyEnteredMessage(l10n);
        // Copied text may have spaces around it.
        return isTaskId(value.trim()) ? undefined : l10n.t('Enter an ID without spaces.');
      },
    });
    if (text === undefined) return;
    if (await engine.attachTaskId(id, text.trim())) showChecking({ notifications, l10n });
    else showTooLate({ notifications, l10n }, 1);
  }
}

/** Copies prompts to the clipboard, byte for byte. */
export async function copyPrompt(
  deps: Dependencies & Pick<AppContext, 'desktop'>,
  args: readonly unknown[],
): Promise<void> {
  const { engine, notifications, commandTitles, desktop, l10n } = deps;
  const title = commandTitles.plain('nebulaVideo.copyPrompt');
  const command = { title, question: l10n.t('Select a task'), asksForOne: true, suits: () => true } as const;
  const tasks = await resolveTasks(args, (await engine.open()).tasks(Infinity), command, deps);
  if (!tasks) showNoTasks(deps);
  if (!tasks || tasks.length === 0) return;
  await desktop.copyText(tasks.map(({ request }) => request.prompt).join('\n\n'));
  notifications.status(l10n.t('Copied.'));
}

/** Maximum number of prompts in a question. */
const MAX_QUOTES = 10;

/** Quotes the prompts of tasks, one per line. */
function quotePrompts(tasks: readonly Task[]): string[] {
  const quotes = tasks.slice(0, MAX_QUOTES).map(({ request }) => `'${truncatePrompt(request.prompt)}'`);
  return tasks.length > MAX_QUOTES ? [...quotes, `+${tasks.length - MAX_QUOTES}`] : quotes;
}

/** @returns the number of tasks it was done to */
async function runOnTasks(
  deps: Dependencies,
  args: readonly unknown[],
  { command, suits, confirmation, act }: TaskAction,
): Promise<number> {
  const { dialogs, commandTitles, l10n } = deps;
  const engine = await deps.engine.open();
  const title = commandTitles.plain(command);
  const choice = { title, question: l10n.t('Select tasks'), suits };
  const tasks = await resolveTasks(args, engine.tasks(Infinity), choice, deps);
  if (!tasks) {
    showNoTasks(deps);
    return 0;
  }
  if (tasks.length === 0) return 0;
  if (confirmation && !(await dialogs.confirm(confirmation(tasks)))) return 0;
  let tooLate = 0;
  for (const { id } of tasks) if (!(await act(engine, id))) tooLate++;
  if (tooLate > 0) showTooLate(deps, tooLate);
  return tasks.length - tooLate;
}

type MessageDependencies = Pick<Dependencies, 'notifications' | 'l10n'>;

function showNoTasks({ notifications, l10n }: MessageDependencies): void {
  notifications.status(l10n.t('No matching tasks.'));
}

function showChecking({ notifications, l10n }: MessageDependencies): void {
  notifications.status(checkingAgainMessage(l10n));
}

function showTooLate({ notifications, l10n }: MessageDependencies, count: number): void {
  notifications.show('info', l10n.t('Tasks skipped because they changed: {0}.', count));
}
