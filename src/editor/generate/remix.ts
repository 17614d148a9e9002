import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { idsFromArguments, isRemixable, resolveTasks } from '../common/taskPicker';

interface Dependencies
  extends GenerateDependencies, Pick<AppContext, 'catalog' | 'engine' | 'dialogs' | 'commandTitles'> {}

/** A video to remix: of a local task, or one that only the gateway knows. */
type Source =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'id'; readonly id: string; readonly model: string };

/**
 * Generates a remix of an earlier video (API reference 7.2.4). Without a task, the user selects one or enters its ID.
 */
export async function remix(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  const source = idsFromArguments(args) ? await givenSource(deps, args) : await chosenSource(deps);
  if (!source) return undefined;
  const request =
    source.kind === 'task'
      ? { model: source.task.request.model, remixOf: source.task.id }
      : { model: source.model, remixOf: source.id };
  return runWizardAndSend(deps, { request, at: 'prompt' });
}

async function givenSource(deps: Dependencies, args: readonly unknown[]): Promise<Source | undefined> {
  const { catalog, engine, notifications, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const found = await resolveTasks(args, tasks, command(deps), deps);
  if (!found?.[0]) {
    const model = catalog.remixFamily?.model ?? '';
    notifications.status(l10n.t('Only finished videos of {0} can be remixed.', model));
  }
  return found?.[0] && { kind: 'task', task: found[0] };
}

async function chosenSource(deps: Dependencies): Promise<Source | undefined> {
  const { catalog, engine, dialogs, commandTitles, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity).filter((task) => isRemixable(task, catalog));
  const title = commandTitles.plain('nebulaVideo.remix');
  const where =
    tasks.length === 0
      ? 'id'
      : await dialogs.choose<'list' | 'id'>({
          title,
          placeholder: l10n.t('Select a video to remix'),
          choices: [
            { value: 'list', icon: 'list-unordered', label: l10n.t('Choose from Your Videos…') },
            { value: 'id', icon: 'symbol-key', label: l10n.t('Enter Task ID…') },
          ],
        });
  if (where === undefined) return undefined;
  if (where === 'list') {
    const [task] = (await resolveTasks([], tasks, command(deps), deps)) ?? [];
    return task && { kind: 'task', task };
  }
  const { remixFamily } = catalog;
  if (!remixFamily) return undefined;
  const { model, taskIds } = remixFamily;
  const id = await dialogs.text({
    title,
    prompt: l10n.t('Task ID of a finished {0} video', model),
    placeholder: `${taskIds.prefix}…`,
    validate: (text) =>
      taskIds.pattern.test(text.trim())
        ? undefined
        : l10n.t('Enter a {0} task ID (starts with {1}).', model, taskIds.prefix),
  });
  return id === undefined ? undefined : { kind: 'id', id: id.trim(), model };
}

const command = ({ catalog, commandTitles, l10n }: Dependencies) => ({
  title: commandTitles.plain('nebulaVideo.remix'),
  question: l10n.t('Select a video to remix'),
  asksForOne: true as const,
  suits: (task: Task) => isRemixable(task, catalog),
});
