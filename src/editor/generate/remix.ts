import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { runWizardAndSend, type GenerateDependencies } from './generate';
import { idsFromArguments, isRemixable, resolveTasks } from '../common/taskPicker';
import type { PickedRemix } from './wizard/wizardTypes';

type SourceDependencies = Pick<
  AppContext,
  'catalog' | 'engine' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'language'
>;

interface Dependencies extends GenerateDependencies, SourceDependencies {}

/**
 * Generates a remix of an earlier video (API reference 7.2.4). Without a task, the user selects one or enters its ID.
 */
export async function remix(deps: Dependencies, args: readonly unknown[]): Promise<Task | undefined> {
  const title = deps.commandTitles.plain('nebulaVideo.remix');
  const request = idsFromArguments(args) ? await givenSource(deps, args) : await pickRemixSource(deps, title);
  return request && runWizardAndSend(deps, { request, at: 'prompt' });
}

async function givenSource(
  deps: SourceDependencies,
  args: readonly unknown[],
): Promise<PickedRemix | undefined> {
  const { catalog, engine, notifications, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity);
  const found = await resolveTasks(args, tasks, command(deps, ''), deps);
  if (!found?.[0]) {
    const model = catalog.remixFamily?.model ?? '';
    notifications.status(l10n.t('Only finished {0} videos can be remixed.', model));
  }
  return found?.[0] && remixOf(found[0]);
}

/** Lets the user select a video to remix, or enter its task ID. @returns undefined if the user canceled */
export async function pickRemixSource(
  deps: SourceDependencies,
  title: string,
): Promise<PickedRemix | undefined> {
  const { catalog, engine, dialogs, l10n } = deps;
  const tasks = (await engine.open()).tasks(Infinity).filter((task) => isRemixable(task, catalog));
  const where =
    tasks.length === 0
      ? 'id'
      : await dialogs.choose<'list' | 'id'>({
          title,
          placeholder: l10n.t('Select a video'),
          choices: [
            { value: 'list', icon: 'list-unordered', label: l10n.t('Choose from Your Videos…') },
            { value: 'id', icon: 'symbol-key', label: l10n.t('Enter Task ID…') },
          ],
        });
  if (where === undefined) return undefined;
  if (where === 'list') {
    const [task] = (await resolveTasks([], tasks, command(deps, title), deps)) ?? [];
    return task && remixOf(task);
  }
  const { remixFamily } = catalog;
  if (!remixFamily) return undefined;
  const { model, taskIds } = remixFamily;
  const expected = l10n.t(
    'Enter the task ID of a finished {0} video (starts with {1}).',
    model,
    taskIds.prefix,
  );
  const id = await dialogs.text({
    title,
    prompt: expected,
    placeholder: `${taskIds.prefix}…`,
    validate: (text) => (taskIds.pattern.test(text.trim()) ? undefined : expected),
  });
  return id === undefined ? undefined : { remixOf: id.trim(), model };
}

const remixOf = ({ id, request }: Task): PickedRemix => ({ remixOf: id, model: request.model });

const command = ({ catalog, l10n }: SourceDependencies, title: string) => ({
  title,
  question: l10n.t('Select a video'),
  asksForOne: true as const,
  suits: (task: Task) => isRemixable(task, catalog),
});
