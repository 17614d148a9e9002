import { visibleLine } from '../../core/common/displayText';
import type { L10n } from '../../core/common/l10n';
import type { Phase } from '../../core/task/phases';
import type { Task, Video } from '../../core/task/task';
import { blockedBy } from '../../core/task/blockedBy';
import { unverifiedMessage } from '../../core/task/failureMessage';
import { formatFileSize } from './libraryLabels';

/** A codicon and a theme color. */
export interface RowIcon {
  readonly icon: string;
  readonly color?: string;
}

/** Each phase has its own shape, so that nothing depends on color alone. Only work in progress is animated. */
const ICONS: Readonly<Record<Phase, RowIcon>> = {
  draft: { icon: 'debug-pause', color: 'descriptionForeground' },
  sending: { icon: 'sync~spin', color: 'charts.blue' },
  queued: { icon: 'circle-outline', color: 'charts.blue' },
  running: { icon: 'sync~spin', color: 'charts.blue' },
  ready: { icon: 'cloud-download', color: 'charts.blue' },
  saving: { icon: 'sync~spin', color: 'charts.blue' },
  saved: { icon: 'pass', color: 'charts.green' },
  failed: { icon: 'error', color: 'errorForeground' },
  rejected: { icon: 'circle-slash', color: 'errorForeground' },
  unknown: { icon: 'question', color: 'editorWarning.foreground' },
  lost: { icon: 'warning', color: 'editorWarning.foreground' },
  stopped: { icon: 'debug-stop', color: 'descriptionForeground' },
};

export function rowIcon(task: Pick<Task, 'phase' | 'failure'>): RowIcon {
  return blockedBy(task) ? { icon: 'key', color: 'editorWarning.foreground' } : ICONS[task.phase];
}

/** A phase of a task. Stopping means something else before the gateway has accepted it. */
export function phaseLabel(
  { phase, gatewayTaskId }: { readonly phase: Phase; readonly gatewayTaskId?: string | undefined },
  l10n: L10n,
): string {
  switch (phase) {
    case 'draft':
      return l10n.t('Waiting to send');
    case 'sending':
      return l10n.t('Sending');
    case 'queued':
      return l10n.t('Queued');
    case 'running':
      return l10n.t('Generating');
    case 'ready':
      return l10n.t('Waiting to download');
    case 'saving':
      return l10n.t('Downloading');
    case 'saved':
      return l10n.t('Done');
    case 'failed':
      return l10n.t('Failed');
    case 'rejected':
      return l10n.t('Not accepted');
    case 'unknown':
      return l10n.t('Outcome unknown');
    case 'lost':
      return l10n.t('No longer available');
    case 'stopped':
      // Without an ID, the gateway never accepted it.
      return gatewayTaskId === undefined ? l10n.t('Canceled') : l10n.t('Not tracked');
  }
}

/** Returns true if a finished task has a video that arrived completely but couldn't be verified. */
export function isUnverified({ phase, videos = [] }: Pick<Task, 'phase'> & Partial<Task>): boolean {
  return phase === 'saved' && videos.some(({ unverified }) => unverified);
}

/** The warning about a task's unverified videos, if it has any. */
export function unverifiedWarning({ videos }: Pick<Task, 'videos'>, l10n: L10n): string | undefined {
  return videos.some(({ unverified }) => unverified) ? unverifiedMessage(l10n) : undefined;
}

/** The state of a task: its phase, unless it's blocked by the user or its video may be damaged. */
export function taskStateLabel(
  task: Pick<Task, 'phase' | 'failure' | 'gatewayTaskId'> & Partial<Task>,
  l10n: L10n,
): string {
  if (isUnverified(task)) return l10n.t('May be damaged');
  switch (blockedBy(task)) {
    case 'key':
      return l10n.t('Needs API key');
    case 'keyring':
      return l10n.t('Keyring locked');
    case 'approval':
      return l10n.t('Needs approval');
    case 'balance':
      return l10n.t('Needs balance');
    case undefined:
      return phaseLabel(task, l10n);
  }
}

/** Progress of the current phase in percent, or undefined if unknown. */
export function progressOf(
  task: Pick<Task, 'phase' | 'failure' | 'progress' | 'fetchProgress'>,
): number | undefined {
  if (task.phase === 'saving') return task.fetchProgress;
  // While the task is blocked, the last progress is outdated.
  return task.phase === 'running' && blockedBy(task) === undefined ? task.progress : undefined;
}

/** Formats an age in ms, for example `just now` or `2 h 5 min`. */
export function formatAge(ms: number, l10n: L10n): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? l10n.t('just now') : formatDuration(60 * minutes, l10n);
}

const UNITS: readonly (readonly [seconds: number, format: (value: number, l10n: L10n) => string])[] = [
  [86_400, (value, l10n) => l10n.t('{0} d', value)],
  [3600, (value, l10n) => l10n.t('{0} h', value)],
  [60, (value, l10n) => l10n.t('{0} min', value)],
  [1, (value, l10n) => l10n.t('{0} s', value)],
];

/** Formats a duration with its two largest units, for example `2 h 5 min`. It's negative if the clock was set back. */
export function formatDuration(seconds: number, l10n: L10n): string {
  let rest = Math.max(seconds, 0);
  const largest = UNITS.findIndex(([size]) => rest >= size);
  const parts = UNITS.slice(largest, largest === -1 ? undefined : largest + 2).flatMap(
    ([size, format], index) => {
      const value = Math.floor(rest / size);
      rest -= value * size;
      return value === 0 && index > 0 ? [] : [format(value, l10n)];
    },
  );
  // Intl.ListFormat omits the space in some languages.
  return parts.join(' ');
}

/** Formats a date for a reader at `now`. */
export type DateFormat = (at: number, now: number) => string;

const DAY = { month: 'short', day: 'numeric' } as const;
const TIME = { hour: 'numeric', minute: '2-digit' } as const;

/** Local date and time, with the year if it isn't the current one. Create one per list: creating it is slow. */
export function dateTimeFormat(language: string): DateFormat {
  const thisYear = new Intl.DateTimeFormat(language, { ...DAY, ...TIME });
  const anotherYear = new Intl.DateTimeFormat(language, { year: 'numeric', ...DAY, ...TIME });
  return (at, now) => formatDate(isSameYear(at, now) ? thisYear : anotherYear, at);
}

/** As {@link dateTimeFormat}, for a single date. */
export function formatDateTime(at: number, now: number, language: string): string {
  return dateTimeFormat(language)(at, now);
}

/** The time if it's today, otherwise the date. The hover shows both. Create one per list: creating it is slow. */
export function shortDateTimeFormat(language: string): DateFormat {
  const today = new Intl.DateTimeFormat(language, TIME);
  const thisYear = new Intl.DateTimeFormat(language, DAY);
  const anotherYear = new Intl.DateTimeFormat(language, { year: 'numeric', ...DAY });
  return (at, now) => {
    if (new Date(at).toDateString() === new Date(now).toDateString()) return formatDate(today, at);
    return formatDate(isSameYear(at, now) ? thisYear : anotherYear, at);
  };
}

/** `format` throws if a stored date is out of range. Dates don't. */
function formatDate(format: Intl.DateTimeFormat, at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(date) : format.format(date);
}

function isSameYear(at: number, now: number): boolean {
  return new Date(at).getFullYear() === new Date(now).getFullYear();
}

/** Maximum length of a prompt quoted in a message, in characters. */
export const MAX_QUOTE_LENGTH = 40;

/** Maximum length of a prompt in a list, in characters. */
export const MAX_QUOTED_PROMPT_LENGTH = 80;

/** The time to the second, with the date if it isn't the same day as `day`. */
export function formatTimestamp(at: number, day: number, language: string): string {
  const sameDay = new Date(at).toDateString() === new Date(day).toDateString();
  return new Date(at).toLocaleString(language, {
    ...(sameDay ? {} : { month: 'short', day: 'numeric' }),
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** A prompt as one line. */
export function truncatePrompt(prompt: string, longest = MAX_QUOTE_LENGTH): string {
  return visibleLine(prompt, longest);
}

/** Resolution, length, audio and size of a file. Values are 0 if an unverified file doesn't state them. */
export function describeVideo(
  { width, height, durationSeconds, hasAudio, bytes, unverified }: Video,
  l10n: L10n,
  language: string,
): string {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  return [
    ...(width > 0 ? [`${width}×${height}`] : []),
    ...(durationSeconds > 0 ? [l10n.t('{0} s', number.format(durationSeconds))] : []),
    ...(durationSeconds > 0 ? [hasAudio ? l10n.t('with audio') : l10n.t('no audio')] : []),
    formatFileSize(bytes, language),
    ...(unverified ? [l10n.t('May be damaged')] : []),
  ].join(' · ');
}

/** Describes an earlier task by its prompt and date. */
export function describeSourceTask({ request, createdAt }: Task, now: number, language: string): string {
  return `'${truncatePrompt(request.prompt)}', ${formatDateTime(createdAt, now, language)}`;
}

/** Host name of a stored base URL. */
export function gatewayHost(origin: string): string {
  return visibleLine(URL.canParse(origin) ? new URL(origin).host : origin, 100);
}

/** Maximum length of outside text that isn't a prompt, in characters. */
const MAX_LINE = 2000;

/** Escapes a text for Markdown: one line without formatting or links. */
export function escapeMarkdown(text: string): string {
  // Any ASCII punctuation may be escaped (CommonMark 2.4). `appendText` would make line breaks impossible.
  return visibleLine(text, MAX_LINE).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** Outside text in a message: one visible line. VS Code would make a link of `[text](target)`. */
export function asMessage(text: string): string {
  return visibleLine(text, MAX_LINE).replaceAll('](', '] (');
}

/** As {@link asMessage} for quick inputs and the status bar, which also make icons of `$(name)`. */
export function escapeQuickPickText(text: string): string {
  return asMessage(text).replaceAll('$(', '\\$(');
}
