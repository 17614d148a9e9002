import type { TextDocument } from 'vscode';
import { canSendAgain, type BatchReport } from '../../../core/tasks/submitSequentially';
import type { AppContext } from '../../common/appContext';
import type { BatchSubmitter } from './batchSubmitter';
import { promptListBatch, VariationsBatch } from './batches';
import {
  SEPARATOR,
  containsSeparator,
  joinPrompts,
  withPrompt,
  withoutPrompt,
} from '../promptEditor/promptList';
import type { ReadyRequest } from '../submit/requestSender';
import { showBatchReport } from './batchReport';
import type { WizardInput, WizardResult, WizardOptions } from '../wizard/wizardTypes';
import { ensureReadyToSend, type ReadyDependencies } from '../submit/ensureReady';
import type { WizardState } from '../wizard/wizardState';

/** Editors of prompts. */
interface Editors {
  open(text: string, input?: WizardInput): Promise<void>;
  find(args: readonly unknown[]): TextDocument | undefined;
  close(document: TextDocument, text: string): Promise<void>;
  /** Choices made for the document's prompt. */
  inputOf(document: TextDocument): WizardInput;
  setInput(document: TextDocument, input: WizardInput): void;
}

export interface BatchDependencies
  extends
    ReadyDependencies,
    Pick<
      AppContext,
      | 'catalog'
      | 'commandTitles'
      | 'l10n'
      | 'log'
      | 'notifications'
      | 'dialogs'
      | 'inputs'
      | 'runInBackground'
    > {
  readonly memory: WizardState;
  readonly runGenerateWizard: (start: WizardOptions) => Promise<WizardResult | undefined>;
  /** Shows a task in the list. */
  readonly reveal: (id: string) => void;
  readonly batch: BatchSubmitter;
  readonly prompts: Editors;
  readonly lists: Editors;
  /** Lists whose prompts are being sent. A second Enter must not pay for them again. */
  readonly listsBeingSent: Set<TextDocument>;
  /** Replaces the whole text. @returns false if it has changed since */
  readonly replaceText: (document: TextDocument, before: string, after: string) => Promise<boolean>;
  readonly random: () => number;
}

/** Maximum attempts to change a list in which the user is typing. */
const MAX_EDITS = 3;

/** Lets the user choose between a list of prompts and variations of one, and starts that. */
export async function generateSeveral(deps: BatchDependencies): Promise<void> {
  const { dialogs, lists, commandTitles, l10n } = deps;
  if (!(await ensureReadyToSend(deps))) return;
  const what = await dialogs.choose<'prompts' | 'variations'>({
    title: commandTitles.plain('nebulaVideo.generateSeveral'),
    placeholder: l10n.t('Select an option'),
    choices: [
      {
        value: 'prompts',
        icon: 'list-ordered',
        label: l10n.t('List of Prompts'),
        detail: l10n.t('Separate prompts with {0}', SEPARATOR),
      },
      {
        value: 'variations',
        icon: 'versions',
        label: l10n.t('Variations'),
        detail: l10n.t('Repeat a prompt or vary one option'),
      },
    ],
  });
  if (what === 'prompts') await lists.open('');
  if (what === 'variations') await generateVariations(deps);
}

/**
 * Opens editors with the prompts, as a list if possible.
 * @param input the user's other choices, if any
 */
export async function openPrompts(
  { prompts, lists }: Pick<BatchDependencies, 'prompts' | 'lists'>,
  texts: readonly string[],
  lineEnd: string,
  input?: WizardInput,
): Promise<void> {
  // A list would split texts that contain a separator, so each of them gets its own editor.
  if (texts.length > 1 && !texts.some(containsSeparator))
    await lists.open(joinPrompts(texts, lineEnd), input);
  else for (const text of new Set(texts)) await prompts.open(text, input);
}

/** Sends each prompt of a list. The prompts leave the list as they are sent. */
export async function sendList(
  deps: BatchDependencies,
  document: TextDocument,
  text: string,
  prompts: readonly string[],
): Promise<void> {
  const { lists, listsBeingSent, runInBackground } = deps;
  const [prompt = ''] = prompts;
  const { request, images } = lists.inputOf(document);
  const confirmed = await ask(deps, {
    ...{ request: { ...request, prompt }, images, at: 'summary' },
    batch: promptListBatch(prompts),
  });
  if (!confirmed) return;
  const { input } = separatePrompt(confirmed.result);
  // For the prompts that stay in the list. A file may be sent again later, for other videos.
  if (document.isUntitled) lists.setInput(document, input);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  let kept = 0;
  let edits: Promise<void> = Promise.resolve();
  const edit = (change: (list: string) => string | undefined): Promise<void> => {
    // An edit that fails must not keep the next prompts in the list.
    edits = edits.catch(() => undefined).then(async () => editList(deps, document, change));
    runInBackground(edits);
    // The request is sent whether or not the list could be changed.
    return edits.catch(() => undefined);
  };
  listsBeingSent.add(document);
  let report: BatchReport;
  try {
    report = await deps.batch.send(
      confirmed.ready,
      // Restored in another window, the list must not offer a prompt again that may be paid for.
      async (index) => edit((list) => withoutPrompt(list, prompts[index] ?? '', lineEnd)),
      (index) => {
        const after = kept++;
        void edit((list) => withPrompt(list, prompts[index] ?? '', after, lineEnd));
      },
    );
    const rest = requestsToRepeat(report).map((index) => prompts[index] ?? '');
    showReport(
      deps,
      report,
      rest.length > 0 ? async () => openPrompts(deps, rest, lineEnd, input) : undefined,
    );
    await edits.catch(() => undefined);
  } finally {
    listsBeingSent.delete(document);
  }
  await lists.close(document, '');
}

/** Changes an untitled list, and keeps what the user has changed in it. Files aren't changed. */
async function editList(
  { replaceText }: BatchDependencies,
  document: TextDocument,
  change: (list: string) => string | undefined,
): Promise<void> {
  let isDone = !document.isUntitled;
  for (let tries = 0; !isDone && tries < MAX_EDITS; tries++) {
    const list = document.getText();
    const changed = change(list);
    isDone = changed === undefined || (await replaceText(document, list, changed));
  }
}

async function generateVariations(deps: BatchDependencies): Promise<void> {
  const { memory, batch } = deps;
  const confirmed = await ask(deps, { at: 'prompt', batch: new VariationsBatch(deps) });
  if (!confirmed) return;
  const { written } = confirmed.result;
  const { prompt, input } = separatePrompt(confirmed.result);
  const total = confirmed.ready.length;
  const report = await memory.withoutDraft(
    written,
    async () => batch.send(confirmed.ready),
    (sent) => requestsToRepeat(sent).length === total,
  );
  const rest = requestsToRepeat(report);
  showReport(deps, report, rest.length > 0 ? async () => deps.prompts.open(prompt, input) : undefined);
}

/** Separates the prompt from the other choices, to offer them again. */
export function separatePrompt({ request, images }: Pick<WizardResult, 'request' | 'images'>): {
  readonly prompt: string;
  readonly input: WizardInput;
} {
  const { prompt, ...others } = request;
  return { prompt, input: { request: others, ...(images ? { images } : {}) } };
}

/** Runs the wizard and prepares its requests. @returns undefined if the user canceled */
async function ask(
  deps: BatchDependencies,
  start: WizardOptions,
): Promise<{ readonly ready: readonly ReadyRequest[]; readonly result: WizardResult } | undefined> {
  if (!(await ensureReadyToSend(deps))) return undefined;
  const result = await deps.runGenerateWizard(start);
  if (!result) return undefined;
  const ready = await deps.batch.prepare(result.requests, new AbortController().signal, result.fitsWith);
  return { ready, result };
}

/** Indexes of the requests that weren't sent or weren't accepted. */
function requestsToRepeat({ tasks, notSent }: BatchReport): readonly number[] {
  const refused = tasks.filter(({ task }) => canSendAgain(task));
  return [...refused.map(({ index }) => index), ...notSent].sort((one, other) => one - other);
}

/** @param reopen shows the prompts that weren't sent; undefined if there are none */
function showReport(
  deps: BatchDependencies,
  report: BatchReport,
  reopen: (() => Promise<void>) | undefined,
): void {
  const { reveal, runInBackground } = deps;
  showBatchReport(deps, report, reopen && (() => runInBackground(reopen())));
  const [first] = report.tasks;
  if (first) reveal(first.task.id);
}
