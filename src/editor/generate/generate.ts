import type { Task } from '../../core/task/task';
import { canSendAgain } from '../../core/tasks/submitSequentially';
import type { AppContext } from '../common/appContext';
import { explainFailure } from '../labels/failureLabels';
import { Rejection } from '../common/rejection';
import { ensureReadyToSend, type ReadyDependencies } from './submit/ensureReady';
import type { SendContext } from './submit/requestSender';
import type { WizardResult, WizardOptions } from './wizard/wizardTypes';
import type { WizardState } from './wizard/wizardState';

export interface GenerateDependencies extends ReadyDependencies, Pick<AppContext, 'notifications' | 'l10n'> {
  readonly memory: WizardState;
  readonly runGenerateWizard: (start: WizardOptions) => Promise<WizardResult | undefined>;
  /** Shows the user's new task in the list. */
  readonly reveal: (id: string) => void;
}

/** Whether the command was given a request, and so is used by code that wants an answer. */
export function hasRequest(args: readonly unknown[]): boolean {
  return args[0] !== undefined && args[0] !== null;
}

/**
 * Generates a video: the given one, for code, or what a person answers to a few questions.
 * @returns the task as plain JSON; undefined when the person went away
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
 * @param onStored see {@link SendContext}
 * @returns the task as plain JSON, or undefined if the user canceled
 */
export async function runWizardAndSend(
  deps: GenerateDependencies,
  start: WizardOptions,
  onStored?: SendContext['onStored'],
): Promise<Task | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const result = await deps.runGenerateWizard(start);
  if (!result) return undefined;
  const task = await sendWritten(deps, result, { basedOn: start.basedOn, onStored });
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

/** The draft is kept until a task has it. After that it must not be offered again: it may be paid for. */
async function sendWritten(
  { sender, memory }: GenerateDependencies,
  { request, written, fitsWith }: WizardResult,
  {
    basedOn,
    onStored,
  }: Pick<SendContext, 'basedOn'> & { readonly onStored: SendContext['onStored'] | undefined },
): Promise<Task> {
  const draft = written ? memory.draft() : undefined;
  const keepAgain = () => {
    // A draft written meanwhile is newer.
    if (draft && !memory.draft()) memory.keepDraft(draft);
  };
  try {
    const task = await sender.send(request, 'person', new AbortController().signal, {
      fits: fitsWith(request.options ?? {}),
      basedOn,
      onStored: async () => {
        if (written) await memory.forgetDraft();
        await onStored?.();
      },
    });
    if (canSendAgain(task)) keepAgain();
    return task;
  } catch (error) {
    // There is no task: the request was declined or couldn't be sent.
    if (error instanceof Rejection) keepAgain();
    throw error;
  }
}
