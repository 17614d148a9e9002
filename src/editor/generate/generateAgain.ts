import * as z from 'zod';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { MAX_QUOTED_PROMPT_LENGTH, formatAge, phaseLabel, truncatePrompt } from '../labels/taskLabels';
import type { CustomModels } from '../common/customModels';
import type { WizardOptions } from './wizard/wizard';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureModelFamily } from './ensureModelFamily';

interface Dependencies extends GenerateDependencies, Pick<AppContext, 'catalog' | 'engines' | 'asker'> {
  readonly customModels: Pick<CustomModels, 'add'>;
}

/** A row of the list or a task, as the list, the player and key bindings hand it over. */
const given = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]).nullish();

/** Opens the wizard at its last step with the request of an earlier task. It never pays on one click. */
export async function generateAgain(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  return startFrom(deps, args, 'summary', deps.l10n.t('Generate Again'));
}

/** Opens the wizard at the prompt of an earlier task, with all its answers filled in. */
export async function editAndGenerate(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  return startFrom(deps, args, 'prompt', deps.l10n.t('Edit and Generate'));
}

async function startFrom(
  deps: Dependencies,
  args: readonly unknown[],
  at: WizardOptions['at'],
  title: string,
): Promise<Task | undefined> {
  const { engines, messages, l10n } = deps;
  const id = given.parse(args[0]);
  const engine = await engines.open();
  const tasks = typeof id === 'string' ? [engine.task(id)] : engine.tasks(Infinity);
  const known = tasks.filter((task) => task !== undefined);
  if (known.length === 0) {
    messages.nothingSuitable(l10n.t('There is no task to generate again.'));
    return undefined;
  }
  const task = typeof id === 'string' ? known[0] : await chooseTask(known, title, deps);
  if (!task || !(await ensureModelFamily(task.request, title, deps))) return undefined;
  // What a newer version has asked for may be beyond this one; that is said before anybody is asked.
  deps.sender.check(task.request);
  return runWizardAndSend(deps, { request: task.request, at, basedOn: task.id });
}

async function chooseTask(
  tasks: readonly Task[],
  title: string,
  { asker, l10n }: Dependencies,
): Promise<Task | undefined> {
  return asker.choose({
    title,
    placeholder: l10n.t('Which video should be generated again?'),
    choices: tasks.map((task) => ({
      value: task,
      label: truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH),
      description: `${phaseLabel(task.phase, l10n)} · ${task.request.model} · ${formatAge(Date.now() - task.createdAt, l10n)}`,
    })),
  });
}
