import { visibleLine } from '../../core/common/displayText';
import type { L10n } from '../../core/common/l10n';
import type { Phase } from '../../core/task/phases';
import type { Charged, Task } from '../../core/task/task';
import { blockedBy } from '../../core/task/blockedBy';

/** A phase in the user's words. */
export function phaseLabel(phase: Phase, l10n: L10n): string {
  switch (phase) {
    case 'draft':
      return l10n.t('Waiting to be sent');
    case 'sending':
      return l10n.t('Sending');
    case 'queued':
      return l10n.t('Queued');
    case 'running':
      return l10n.t('Running');
    case 'ready':
      return l10n.t('Done, waiting to be fetched');
    case 'saving':
      return l10n.t('Fetching');
    case 'saved':
      return l10n.t('Ready');
    case 'failed':
      return l10n.t('Failed');
    case 'rejected':
      return l10n.t('Rejected');
    case 'unknown':
      return l10n.t('Outcome unknown');
    case 'lost':
      return l10n.t('Lost');
    case 'stopped':
      return l10n.t('Stopped');
  }
}

/** Returns true if a finished task has a video that arrived completely but couldn't be verified. */
export function isUnverified({ phase, videos = [] }: Pick<Task, 'phase'> & Partial<Task>): boolean {
  return phase === 'saved' && videos.some(({ unverified }) => unverified);
}

/** The warning about a task's unverified videos, if it has any. */
export function unverifiedWarning({ videos }: Pick<Task, 'videos'>, l10n: L10n): string | undefined {
  const count = videos.filter(({ unverified }) => unverified).length;
  if (count === 0) return undefined;
  return videos.length === 1
    ? l10n.t('This video may be incomplete or damaged.')
    : l10n.t('{0} of {1} videos may be incomplete or damaged.', count, videos.length);
}

/** Where a task stands, in the user's words: its phase, unless it waits for the user or its video is doubtful. */
export function taskStateLabel(task: Pick<Task, 'phase' | 'failure'> & Partial<Task>, l10n: L10n): string {
  if (isUnverified(task)) return l10n.t('May be damaged');
  switch (blockedBy(task)) {
    case 'key':
      return l10n.t('Waits for a key');
    case 'approval':
      return l10n.t('Needs approval');
    case 'keyring':
      return l10n.t('Keyring locked');
    case 'balance':
      return l10n.t('Waits for balance');
    case undefined:
      return phaseLabel(task.phase, l10n);
  }
}

/** How far a task is in what it is doing now, in percent, as far as anybody has said. */
export function progressOf(
  task: Pick<Task, 'phase' | 'failure' | 'progress' | 'fetchProgress'>,
): number | undefined {
  if (task.phase === 'saving') return task.fetchProgress;
  // What the gateway said before it stopped saying so is old.
  return task.phase === 'running' && blockedBy(task) === undefined ? task.progress : undefined;
}

/** What is known about the money. */
export function chargeLabel(charged: Charged, l10n: L10n): string {
  switch (charged) {
    case 'no':
      return l10n.t('Nothing was charged.');
    case 'yes':
      return l10n.t('It was charged.');
    case 'unknown':
      return l10n.t('Whether it was charged is not known.');
  }
}

/** How long ago something was, in ms, in few characters. */
export function formatAge(ms: number, l10n: L10n): string {
  const minutes = Math.floor(Math.max(ms, 0) / 60_000);
  if (minutes < 1) return l10n.t('just now');
  if (minutes < 60) return l10n.t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return l10n.t('{0} h {1} min', hours, minutes % 60);
  return l10n.t('{0} d {1} h', Math.floor(hours / 24), hours % 24);
}

/** A moment as local date and time; the year where it is not this one. */
export function formatDateTime(at: number, now: number, language: string): string {
  const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleString(language, {
    ...(thisYear ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
}

/** A moment in few characters: the time of today, else the day. What points at it shows the rest. */
export function formatShortDateTime(at: number, now: number, language: string): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) {
    return then.toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' });
  }
  const isThisYear = then.getFullYear() === today.getFullYear();
  return then.toLocaleDateString(language, {
    ...(isThisYear ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
  });
}

/** Longest prompt that is quoted in passing, in characters. */
const MAX_QUOTE_LENGTH = 40;

/** Longest label of a row: the editor shortens it to what fits. */
export const MAX_LABEL_LENGTH = 200;

/** Longest prompt in a sentence or a list of its own, where there is more room. */
export const MAX_QUOTED_PROMPT_LENGTH = 80;

/** A moment to the second, with its day where that is another one than `day`'s. */
export function formatTimestamp(at: number, day: number, language: string): string {
  const sameDay = new Date(at).toDateString() === new Date(day).toDateString();
  return new Date(at).toLocaleString(language, {
    ...(sameDay ? {} : { month: 'short', day: 'numeric' }),
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** A prompt in one line, for a list or a sentence. */
export function truncatePrompt(prompt: string, longest = MAX_QUOTE_LENGTH): string {
  return visibleLine(prompt, longest);
}

/** An earlier task in a line: its prompt and when it was asked for. */
export function describeSourceTask({ request, createdAt }: Task, now: number, language: string): string {
  return `“${truncatePrompt(request.prompt)}”, ${formatDateTime(createdAt, now, language)}`;
}

/** The gateway of a task, as people name it. @param origin a base URL, as it was stored */
export function gatewayHost(origin: string): string {
  return visibleLine(URL.canParse(origin) ? new URL(origin).host : origin, 100);
}

/** Maximum length of outside text that isn't a prompt, in characters. */
const MAX_LINE = 2000;

/** A text as Markdown that shows just that text: nothing in it formats, links or breaks out of its line. */
export function escapeMarkdown(text: string): string {
  // Any ASCII punctuation may be escaped (CommonMark 2.4). The editor's own `appendText` forbids line breaks.
  return visibleLine(text, MAX_LINE).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** Outside text in a message: one visible line, without the links that the editor makes of `[text](target)`. */
export function asMessage(text: string): string {
  return visibleLine(text, MAX_LINE).replaceAll('](', '] (');
}

/** The same for quick inputs and the status bar, which also make icons of `$(name)`. */
export function escapeQuickPickText(text: string): string {
  return asMessage(text).replaceAll('$(', '\\$(');
}
