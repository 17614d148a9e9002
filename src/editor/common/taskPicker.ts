import * as z from 'zod/mini';
import type { Task } from '../../core/task/task';
import { MAX_QUOTED_PROMPT_LENGTH, formatAge, phaseLabel, truncatePrompt } from '../labels/taskLabels';
import type { AppContext } from './appContext';

/** A row of the task list, as the list hands it over; a task works too, for key bindings and other extensions. */
const item = z.union([
  z.string(),
  z.pipe(
    z.object({ id: z.string() }),
    z.transform(({ id }: { id: string }) => id),
  ),
]);

/** The arguments of a command about tasks: nothing, a row, or a row and all selected rows. */
const itemArguments = z.tuple([z.nullish(item), z.nullish(z.array(item))], z.unknown());

type Dependencies = Pick<AppContext, 'dialogs' | 'l10n'>;

/** What a command about tasks is for. */
export interface TaskCommand {
  readonly title: string;
  readonly question: string;
  /** Whoever is asked chooses one; several can still be given. */
  readonly asksForOne?: true;
  /** Which tasks it suits. */
  readonly suits: (task: Task) => boolean;
}

/** The ids of the rows that a command was given; undefined when it was given none. */
export function idsFromArguments(args: readonly unknown[]): readonly string[] | undefined {
  const [one, many] = itemArguments.parse([args[0], args[1]]);
  return many && many.length > 0 ? many : one ? [one] : undefined;
}

/**
 * The tasks that a command is about: the given rows as far as it suits them, or the answer of whoever is asked.
 * @returns undefined when there is nothing to choose from; an empty list when nothing was chosen
 */
export async function resolveTasks(
  args: readonly unknown[],
  tasks: readonly Task[],
  command: TaskCommand,
  { dialogs, l10n }: Dependencies,
): Promise<readonly Task[] | undefined> {
  const suitable = tasks.filter((task) => command.suits(task));
  const given = idsFromArguments(args);
  if (given) {
    const chosen = suitable.filter(({ id }) => given.includes(id));
    return chosen.length > 0 ? chosen : undefined;
  }
  if (suitable.length === 0) return undefined;
  const question = {
    title: command.title,
    placeholder: command.question,
    choices: suitable.map((task) => ({
      value: task,
      label: truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH),
      description: `${phaseLabel(task.phase, l10n)} · ${task.request.model} · ${formatAge(Date.now() - task.createdAt, l10n)}`,
    })),
  };
  // A single one needs no ticking.
  if (!command.asksForOne && suitable.length > 1) return (await dialogs.chooseSome(question)) ?? [];
  const chosen = await dialogs.choose(question);
  return chosen ? [chosen] : [];
}
