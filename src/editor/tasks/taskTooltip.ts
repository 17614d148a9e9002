import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import type { Catalog } from '../../core/models/catalog';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import { describeOptions, describeSources } from '../labels/optionLabels';
import {
  escapeMarkdown,
  chargeLabel,
  describeSourceTask,
  gatewayHost,
  formatDateTime,
  phaseLabel,
  formatTimestamp,
  progressOf,
  truncatePrompt,
  unverifiedWarning,
} from '../labels/taskLabels';

/** Of a prompt, so much is shown, in characters. */
const MAX_SHOWN_PROMPT_LENGTH = 1000;

/**
 * What is known of a task, for a hover. Text of users and gateways can form no Markdown in it.
 * @param state how it stands, in a word or two, as the row has it
 * @param earlier the task that it was asked for again from, while that is there
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
    l10n.t('Model:'),
    [
      task.request.model,
      ...describeSources(task.request, l10n),
      ...describeOptions(task.request, catalog, l10n),
    ].join(' · '),
  );
  const progress = progressOf(task);
  line(l10n.t('State:'), progress === undefined ? state : `${state} · ${progress} %`);
  for (const video of task.videos) {
    const { width, height, durationSeconds, hasAudio, bytes } = video;
    const sound = hasAudio ? l10n.t('with sound') : l10n.t('silent');
    // Numbers that an unverified file doesn't tell are 0.
    const facts = [
      ...(width > 0 ? [`${width} × ${height}`] : []),
      ...(durationSeconds > 0 ? [`${short(durationSeconds, language)} s`, sound] : []),
      `${short(bytes / 1_000_000, language)} MB`,
    ];
    line(l10n.t('Video:'), facts.join(' · '));
  }
  const warning = unverifiedWarning(task, l10n);
  if (warning !== undefined) line(l10n.t('Warning:'), warning);
  line(l10n.t('Gateway:'), gatewayHost(task.origin));
  if (task.gatewayTaskId !== undefined) line(l10n.t('Task ID:'), task.gatewayTaskId);
  if (earlier) line(l10n.t('Generated again from:'), describeSourceTask(earlier, now, language));
  const { failure } = task;
  if (failure) {
    text.appendMarkdown(`\n\n${escapeMarkdown(failure.message)}`);
    // A sentence about nothing being charged is part of the message already.
    if (failure.charged === 'yes') text.appendMarkdown(` ${escapeMarkdown(chargeLabel('yes', l10n))}`);
    if (failure.charged === 'unknown' && isFinal(task.phase)) {
      text.appendMarkdown(` ${escapeMarkdown(chargeLabel('unknown', l10n))}`);
    }
  }
  text.appendMarkdown(`\n\n---\n${escapeMarkdown(formatDateTime(task.createdAt, now, language))}\n`);
  for (const { at, phase, note } of task.timeline) {
    const moved = `${formatTimestamp(at, task.createdAt, language)} ${phaseLabel(phase, l10n)}`;
    text.appendMarkdown(`\n- ${escapeMarkdown(note ? `${moved}. ${note}` : moved)}`);
  }
  return text;
}

/** A number with what matters behind the point. */
function short(value: number, language: string): string {
  return value.toLocaleString(language, { maximumFractionDigits: 1 });
}
