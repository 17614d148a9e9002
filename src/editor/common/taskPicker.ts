import * as z from 'zod/mini';
import type { Catalog } from '../../core/models/catalog';
import type { Phase } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import {
  MAX_QUOTED_PROMPT_LENGTH,
  phaseLabel,
  shortDateTimeFormat,
  truncatePrompt,
} from '../labels/taskLabels';
import type { AppContext } from './appContext';

/** A row of the task list, or a task: key bindings and other extensions may pass one. */
const item = z.union([
  z.string(),
  z.pipe(
    z.object({ id: z.string() }),
    z.transform(({ id }: { id: string }) => id),
  ),
]);

/** Arguments of a command about tasks: none, a row, or a row and all selected rows. */
const itemArguments = z.tuple([z.nullish(item), z.nullish(z.array(item))], z.unknown());

type Dependencies = Pick<AppContext, 'catalog' | 'dialogs' | 'l10n' | 'language'>;

/** A command that applies to tasks. */
export interface TaskCommand {
  readonly title: string;
  readonly question: string;
  /** The user selects one. Several can still be passed. */
  readonly asksForOne?: true;
  /** Returns true if the command applies to a task. */
  readonly suits: (task: Task) => boolean;
}

/** The task IDs that were passed to a command, if any. */
export function idsFromArguments(args: readonly unknown[]): readonly string[] | undefined {
  const [one, many] = itemArguments.parse([args[0], args[1]]);
  return many && many.length > 0 ? many : one ? [one] : undefined;
}

/**
 * Returns the tasks that a command applies to: those passed to it, or those that the user selects.
 * @returns undefined if it applies to none; an empty list if the user canceled
 */
export async function resolveTasks(
  args: readonly unknown[],
  tasks: readonly Task[],
  command: TaskCommand,
  { catalog, dialogs, l10n, language }: Dependencies,
): Promise<readonly Task[] | undefined> {
  const suitable = tasks.filter((task) => command.suits(task));
  const given = idsFromArguments(args);
  if (given) {
    const chosen = suitable.filter(({ id }) => given.includes(id));
    return chosen.length > 0 ? chosen : undefined;
  }
  if (suitable.length === 0) return undefined;
  const [now, formatDate] = [Date.now(), shortDateTimeFormat(language)];
  const question = {
    title: command.title,
    placeholder: command.question,
    choices: suitable.map((task) => ({
      value: task,
      label: truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH),
      description: [
        phaseLabel(task, l10n),
        catalog.model(task.request.model)?.label ?? task.request.model,
        formatDate(task.createdAt, now),
      ].join(' · '),
    })),
  };
  // A single choice needs no checkboxes.
  if (!command.asksForOne && suitable.length > 1) return (await dialogs.chooseSome(question)) ?? [];
  const chosen = await dialogs.choose(question);
  return chosen ? [chosen] : [];
}

/** Returns true for a finished video that can be remixed. */
export function isRemixable(
  { phase, gatewayTaskId }: { readonly phase: Phase; readonly gatewayTaskId?: string | undefined },
  catalog: Catalog,
): boolean {
  return phase === 'saved' && gatewayTaskId !== undefined && catalog.canRemix(gatewayTaskId);
}
