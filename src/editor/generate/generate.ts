import type { Task } from '../../core/task/task';
import { canSendAgain } from '../../core/tasks/submitSequentially';
import type { AppContext } from '../common/appContext';
import { explainFailure } from '../labels/failureLabels';
import { ensureReadyToSend, type ReadyDependencies } from './submit/ensureReady';
import type { WizardResult, WizardOptions } from './wizard/wizardTypes';
import type { WizardState } from './wizard/wizardState';

export interface GenerateDependencies extends ReadyDependencies, Pick<AppContext, 'notifications' | 'l10n'> {
  readonly memory: WizardState;
  readonly runGenerateWizard: (start: WizardOptions) => Promise<WizardResult | undefined>;
  /** Shows the user's new task in the list. */
  readonly reveal: (id: string) => void;
}

/** Returns true if the command was given a request, so that its caller expects the task. */
export function hasRequest(args: readonly unknown[]): boolean {
  return args[0] !== undefined && args[0] !== null;
}

/**
 * Runs the wizard, or sends the given request.
 * @returns the task as plain JSON, or undefined if the user canceled
 */
export async function generate(
  deps: GenerateDependencies,
  args: readonly unknown[],
): Promise<Task | undefined> {
  if (hasRequest(args)) {
    return structuredClone(await deps.sender.send(args[0], 'command', new AbortController().signal));
  }
  return runWizardAndSend(deps, { at: 'prompt' });
}

/**
 * Runs the wizard and sends its request.
 * @param onStored called with what the user built, once its task is stored and before it's sent
 * @returns the task as plain JSON, or undefined if the user canceled
 */
export async function runWizardAndSend(
  deps: GenerateDependencies,
  start: WizardOptions,
  onStored?: (result: WizardResult) => Promise<void>,
): Promise<Task | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const result = await deps.runGenerateWizard(start);
  if (!result) return undefined;
  const { sender, memory } = deps;
  const { request, written, fitsWith } = result;
  const context = {
    fits: fitsWith(request.options ?? {}),
    basedOn: start.basedOn,
    onStored: async () => onStored?.(result),
  };
  const send = async () => sender.send(request, 'person', new AbortController().signal, context);
  const task = await memory.withoutDraft(written, send, canSendAgain);
  showOutcome(task, deps);
  deps.reveal(task.id);
  return structuredClone(task);
}

function showOutcome(task: Task, { notifications, l10n }: GenerateDependencies): void {
  // The user has just canceled it.
  if (task.phase === 'stopped') return;
  const explanation =
    task.phase === 'rejected' || task.phase === 'unknown' ? explainFailure(task, l10n) : undefined;
  if (explanation) notifications.showFailure(task, explanation, { isExpected: true });
  else notifications.status(l10n.t('Request sent.'));
}
