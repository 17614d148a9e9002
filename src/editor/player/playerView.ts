import type { Evidence } from '../../core/common/evidence';
import type { L10n } from '../../core/common/l10n';
import { chargeMessage } from '../../core/task/failureMessage';
import { isFinal, type Phase } from '../../core/task/phases';
import type { FailureKind, Task } from '../../core/task/task';
import type { Action, Stage, Take, Tone, View } from '../../webview/player/protocol';
import type { AppContext } from '../common/appContext';
import { PRODUCT_NAME } from '../common/ids';
import { explainFailure, type FailureExplanation } from '../labels/failureLabels';
import { describeOptions, describeSources } from '../labels/optionLabels';
import { isRemixable } from '../common/taskPicker';
import {
  describeSourceTask,
  formatTimestamp,
  gatewayHost,
  isUnverified,
  phaseLabel,
  progressOf,
  truncatePrompt,
  taskStateLabel,
  unverifiedWarning,
  describeVideo,
  formatDuration,
} from '../labels/taskLabels';
import { actionLabel, actionButtons } from '../labels/actionLabels';

/** The task's videos on disk. */
export type Media =
  { readonly kind: 'available'; readonly takes: readonly Take[] } | { readonly kind: 'missing' };

export interface ViewContext extends Pick<AppContext, 'catalog' | 'commandTitles' | 'l10n' | 'language'> {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The task that this one repeats, if it still exists. */
  readonly earlier?: Task | undefined;
}

/** Maximum length of the page title. About one line. */
const MAX_TITLE_LENGTH = 90;

/** Builds the localized view of a task. */
export function playerView(task: Task, media: Media, context: ViewContext): View {
  const { l10n } = context;
  const stageView = getStage(task, media, context);
  const { stage, tone } = stageView;
  return {
    title: taskTitle(task, MAX_TITLE_LENGTH, l10n),
    tone,
    state:
      task.phase === 'saved' && media.kind === 'missing'
        ? l10n.t('File missing')
        : taskStateLabel(task, l10n),
    summary: [task.request.model, ...describeRequest(task, context)],
    stage,
    buttons: actionButtons(stageView, context),
    prompt: task.request.prompt,
    facts: getFacts(task, context),
    timeline: getTimeline(task, context),
  };
}

/** @returns the start of the prompt, never empty. */
export function taskTitle(task: Task, maxLength: number, l10n: L10n): string {
  return truncatePrompt(task.request.prompt, maxLength) || l10n.t('Video');
}

/** Builds the view if the task was removed or can't be read. */
export function messageView(
  {
    title,
    sentence,
    tone,
    actions,
  }: { title: string; sentence: string; tone: Tone; actions: readonly Action[] },
  context: Pick<ViewContext, 'commandTitles' | 'l10n'>,
): View {
  return {
    title: PRODUCT_NAME,
    tone,
    state: '',
    summary: [],
    stage: { kind: 'message', tone, title, sentence, charge: null, details: null },
    buttons: actionButtons({ actions }, context),
    prompt: '',
    facts: [],
    timeline: [],
  };
}

/** @returns the fields that changed. */
export function diffView(before: View, after: View): Partial<View> {
  const keys = Object.keys(after) as (keyof View)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return Object.fromEntries(changed.map((key) => [key, after[key]]));
}

// ── stage ─────────────────────────────────────────────────────────────────────────────────────────

interface StageView {
  readonly stage: Stage;
  readonly tone: Tone;
  readonly actions: readonly Action[];
  /** The primary button. Defaults to the first. */
  readonly primary?: Action | 'none';
}

function getStage(task: Task, media: Media, context: ViewContext): StageView {
  if (task.phase === 'saved')
    return media.kind === 'available' ? showVideo(task, media.takes, context) : showMissing(context);
  const explanation = explainFailure(task, context.l10n);
  if (!isFinal(task.phase)) return showProgress(task, explanation, context);
  return explanation ? showFailure(task, explanation, context) : showProgress(task, undefined, context);
}

function showFailure(task: Task, explanation: FailureExplanation, { l10n }: ViewContext): StageView {
  const { sentence, charge, actions } = explanation;
  const title = taskStateLabel(task, l10n);
  const tone = TONES[task.phase];
  const details = getDetails(task, explanation, l10n);
  return { stage: { kind: 'message', tone, title, sentence, charge, details }, tone, actions };
}

/** Failures whose details are from the connection, the disk, or the extension, not from the gateway. */
const LOCAL_FAILURES: readonly FailureKind[] = ['network', 'proxy', 'disk', 'badReply'];

function getDetails({ failure }: Task, { details }: FailureExplanation, l10n: L10n): string | null {
  if (details === undefined || !failure) return null;
  return LOCAL_FAILURES.includes(failure.kind)
    ? l10n.t('Details: {0}', details)
    : l10n.t('Gateway message: {0}', details);
}

function showVideo(task: Task, takes: readonly Take[], context: ViewContext): StageView {
  return {
    stage: { kind: 'video', takes: [...takes], note: getVideoNote(task, takes.length, context) },
    tone: isUnverified(task) ? 'warning' : 'done',
    actions: [
      ...(['saveToWorkspace', 'saveAs', 'openExternally', 'reveal'] as const),
      ...(['generateAgain', 'editAndGenerate'] as const),
      ...(isRemixable(task, context.catalog) ? (['remix'] as const) : []),
      'continueFromLastFrame',
    ],
  };
}

/** The warning below the video: about others of the task that aren't here, or about one that couldn't be verified. */
function getVideoNote(
  task: Task,
  availableCount: number,
  context: ViewContext,
): Extract<Stage, { kind: 'video' }>['note'] {
  const { l10n } = context;
  const gone = explainFailure(task, l10n)?.sentence;
  const missing = availableCount < task.videos.length ? missingFilesMessage(l10n) : undefined;
  const unverified = unverifiedWarning(task, l10n);
  const text = [unverified, gone, missing].filter((sentence) => sentence !== undefined).join(' ');
  if (text === '') return null;
  const action: Action | undefined =
    missing !== undefined ? 'lookForFile' : gone !== undefined ? 'lookAgain' : undefined;
  // Open in External Player is among the buttons of every video.
  const button = action && { action, label: actionLabel(action, context), primary: false };
  return { text, button: button ?? null };
}

function showMissing({ l10n }: ViewContext): StageView {
  return {
    tone: 'warning',
    stage: {
      kind: 'message',
      tone: 'warning',
      title: l10n.t('File missing'),
      sentence: missingFilesMessage(l10n),
      charge: null,
      details: null,
    },
    actions: ['lookForFile', 'generateAgain', 'openLibrary'],
  };
}

function missingFilesMessage(l10n: L10n): string {
  return l10n.t(
    'Missing files were moved or deleted. Check again to download them, if the gateway still has them.',
  );
}

function showProgress(
  task: Task,
  explanation: FailureExplanation | undefined,
  { l10n, now }: ViewContext,
): StageView {
  const { phase } = task;
  // A request that is being sent again is no longer blocked.
  const held = phase === 'sending' ? undefined : explanation;
  // After a failure, only a download is known to be in progress.
  const isMoving = held === undefined || phase === 'saving';
  const stop: Action[] = phase === 'draft' ? ['stopSending'] : phase === 'sending' ? [] : ['stopTracking'];
  const help = (held?.actions ?? []).filter((action) => !stop.includes(action));
  const [first = 'showLog'] = help;
  return {
    tone: phase === 'draft' || phase === 'queued' || !isMoving ? 'waiting' : 'working',
    stage: {
      kind: 'working',
      title: taskStateLabel(task, l10n),
      sentence: held?.sentence ?? progressText(phase, l10n),
      isHeld: held !== undefined,
      isMoving,
      progress: isMoving ? (progressOf(task) ?? null) : null,
      elapsedMs: Math.max(now - task.createdAt, 0),
      charge: held && task.failure?.charged !== 'unknown' ? held.charge : null,
      details: held ? getDetails(task, held, l10n) : null,
    },
    actions: [...help, ...stop],
    // Highlight nothing if the user only has to wait. Never highlight Stop Tracking.
    primary: isMoving || first === 'showLog' ? 'none' : first,
  };
}

/** Formats the line below the heading. Empty while the request is being sent. */
function progressText(phase: Phase, l10n: L10n): string {
  switch (phase) {
    case 'draft':
      return chargeMessage('no', l10n);
    case 'sending':
      return '';
    default:
      return l10n.t('You can close this page. The video downloads automatically while VS Code is open.');
  }
}

// ── details ───────────────────────────────────────────────────────────────────────────────────────

function describeRequest({ request }: Task, { catalog, l10n }: ViewContext): string[] {
  return [...describeSources(request, l10n), ...describeOptions(request, catalog, l10n)];
}

function getFacts(task: Task, context: ViewContext): View['facts'] {
  const { l10n, language, now, earlier } = context;
  const facts: View['facts'] = [];
  const add = (name: string, value: string, isCode = false) => facts.push({ name, value, isCode });
  add(l10n.t('Model'), [task.request.model, ...describeRequest(task, context)].join(' · '));
  for (const [index, video] of task.videos.entries()) {
    const name = task.videos.length > 1 ? l10n.t('Video {0}', index + 1) : l10n.t('Video');
    add(name, describeVideo(video, l10n, language));
  }
  add(l10n.t('Created'), formatDateTime(task.createdAt, language));
  const end = task.timeline.at(-1);
  if (task.phase === 'saved' && end)
    add(l10n.t('Duration'), formatDuration(Math.round((end.at - task.createdAt) / 1000), l10n));
  add(l10n.t('Gateway'), gatewayHost(task.origin));
  if (task.gatewayTaskId !== undefined) add(l10n.t('Task ID'), task.gatewayTaskId, true);
  add(l10n.t('Local ID'), task.id, true);
  if (task.request.remixOf !== undefined) add(l10n.t('Remix Source'), task.request.remixOf, true);
  if (earlier) {
    const value = describeSourceTask(earlier, now, language);
    facts.push({ name: l10n.t('Based on'), value, isCode: false, action: 'openEarlier' });
  }
  return facts;
}

/** Formats the details for the clipboard, one per line. */
export function detailsText(facts: View['facts']): string {
  return facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
}

/** Formats a gateway response for the clipboard. Not localized: it's for developers. */
export function evidenceText({ at, step, status, headers, body, end }: Evidence): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = `${new Date(at).toISOString()} ${step}: HTTP ${status}${end === 'whole' ? '' : `, ${end}`}`;
  return [head, ...lines, body].join('\n');
}

/** @returns the phases of a task. Only the last one has the tone of its phase. */
function getTimeline(
  { timeline, failure, gatewayTaskId }: Task,
  { l10n, language, now }: ViewContext,
): View['timeline'] {
  return timeline.map(({ at, phase, note = '' }, index) => {
    const isLast = index === timeline.length - 1;
    return {
      iso: new Date(at).toISOString(),
      time: formatTimestamp(at, now, language),
      tone: isLast ? TONES[phase] : 'past',
      phase: phaseLabel({ phase, gatewayTaskId }, l10n),
      // The stage already shows this message.
      note: isLast && note === failure?.message ? '' : note,
    };
  });
}

const TONES: Readonly<Record<Phase, Tone>> = {
  draft: 'waiting',
  sending: 'working',
  queued: 'waiting',
  running: 'working',
  ready: 'working',
  saving: 'working',
  saved: 'done',
  failed: 'error',
  rejected: 'refused',
  unknown: 'unknown',
  lost: 'warning',
  stopped: 'stopped',
};

function formatDateTime(at: number, language: string): string {
  return new Date(at).toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' });
}
