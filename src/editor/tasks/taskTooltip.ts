import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import type { Catalog } from '../../core/models/catalog';
import { chargeMessage } from '../../core/task/failureMessage';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import { describeOptions, describeSources } from '../labels/optionLabels';
import {
  describeSourceTask,
  describeVideo,
  escapeMarkdown,
  formatDateTime,
  formatTimestamp,
  gatewayHost,
  phaseLabel,
  progressOf,
  truncatePrompt,
  unverifiedWarning,
} from '../labels/taskLabels';

/** Maximum length of the prompt, in characters. */
const MAX_SHOWN_PROMPT_LENGTH = 1000;

/**
 * Builds the hover of a task. Outside text is escaped. The gateway's own messages are only on the page.
 * @param state the state as in the row
 * @param earlier the task that this one is based on, if it still exists
 */
export function taskTooltip(
  task: Task,
  state: string,
  earlier: Task | undefined,
  {
    now,
    catalog,
    language,
    l10n,
  }: {
    readonly now: number;
    readonly catalog: Catalog;
    readonly language: string;
    readonly l10n: L10n;
  },
): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (name: string, value: string) => {
    text.appendMarkdown(`\n\n**${escapeMarkdown(name)}** ${escapeMarkdown(value)}`);
  };
  text.appendMarkdown(escapeMarkdown(truncatePrompt(task.request.prompt, MAX_SHOWN_PROMPT_LENGTH)));
  text.appendMarkdown('\n\n---');
  line(
    l10n.t('Model'),
    [
      task.request.model,
      ...describeSources(task.request, l10n),
      ...describeOptions(task.request, catalog, l10n),
    ].join(' · '),
  );
  const progress = progressOf(task);
  text.appendMarkdown(
    `\n\n**${escapeMarkdown(progress === undefined ? state : `${state} · ${progress}%`)}**`,
  );
  for (const video of task.videos) line(l10n.t('Video'), describeVideo(video, l10n, language));
  const warning = unverifiedWarning(task, l10n);
  if (warning !== undefined) text.appendMarkdown(`\n\n${escapeMarkdown(warning)}`);
  line(l10n.t('Gateway'), gatewayHost(task.origin));
  if (task.gatewayTaskId !== undefined) line(l10n.t('Task ID'), task.gatewayTaskId);
  if (earlier) line(l10n.t('Based on'), describeSourceTask(earlier, now, language));
  const { failure } = task;
  if (failure) {
    text.appendMarkdown(`\n\n${escapeMarkdown(failure.summary)}`);
    // Before the task ends, an unknown charge says nothing.
    if (failure.charged !== 'unknown' || isFinal(task.phase)) {
      text.appendMarkdown(` ${escapeMarkdown(chargeMessage(failure.charged, l10n))}`);
    }
  }
  text.appendMarkdown(`\n\n---\n${escapeMarkdown(formatDateTime(task.createdAt, now, language))}\n`);
  for (const { at, phase } of task.timeline) {
    const label = phaseLabel({ phase, gatewayTaskId: task.gatewayTaskId }, l10n);
    text.appendMarkdown(`\n- ${escapeMarkdown(`${formatTimestamp(at, task.createdAt, language)} ${label}`)}`);
  }
  return text;
}
