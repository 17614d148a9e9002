import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { resolveTasks } from '../common/taskPicker';
import type { CustomModels } from '../common/customModels';
import type { WizardOptions } from './wizard/wizardTypes';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { ensureModelFamily } from './ensureModelFamily';

interface Dependencies
  extends
    GenerateDependencies,
    Pick<AppContext, 'catalog' | 'engine' | 'dialogs' | 'commandTitles' | 'language'> {
  readonly customModels: Pick<CustomModels, 'add'>;
}

/** Opens the wizard's summary with the request of an earlier task. Never sends without a confirmation. */
export async function generateAgain(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  return startFrom(deps, args, 'summary', 'nebulaVideo.generateAgain');
}

/** Opens the wizard at the prompt of an earlier task, with all its choices filled in. */
export async function editAndGenerate(
  deps: Dependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  return startFrom(deps, args, 'prompt', 'nebulaVideo.editAndGenerate');
}

async function startFrom(
  deps: Dependencies,
  args: readonly unknown[],
  at: WizardOptions['at'],
  command: string,
): Promise<Task | undefined> {
  const { engine, notifications, commandTitles, l10n } = deps;
  const title = commandTitles.plain(command);
  const tasks = (await engine.open()).tasks(Infinity);
  const question = l10n.t('Select a task');
  // Only the row that was clicked, even if several are selected.
  const found = await resolveTasks(
    [args[0]],
    tasks,
    { title, question, asksForOne: true, suits: () => true },
    deps,
  );
  if (!found) notifications.status(l10n.t('No matching tasks.'));
  const task = found?.[0];
  if (!task || !(await ensureModelFamily(task.request, title, deps))) return undefined;
  // A request of a newer version may not be supported. Report that before asking anything.
  deps.sender.check(task.request);
  return runWizardAndSend(deps, { request: task.request, at, basedOn: task.id });
}
