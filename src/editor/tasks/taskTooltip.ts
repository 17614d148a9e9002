import * as vscode from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { isEnd } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import { optionWord, sourceWords } from '../labels/optionLabels';
import {
  asMarkdown,
  chargeWord,
  earlierWords,
  hostOf,
  momentWord,
  phaseWord,
  preciseMomentWord,
  progressOf,
  shortPrompt,
  unverifiedWarning,
} from '../labels/taskLabels';

/** Of a prompt, so much is shown, in characters. */
const LONGEST_PROMPT = 1000;

/**
 * What is known of a task, for a hover. Text of users and gateways can form no Markdown in it.
 * @param state how it stands, in a word or two, as the row has it
 * @param earlier the task that it was asked for again from, while that is there
 */
export function taskTooltip(
  task: Task,
  state: string,
  earlier: Task | undefined,
  { now, language, l10n }: { readonly now: number; readonly language: string; readonly l10n: L10n },
): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (name: string, value: string) => {
    text.appendMarkdown(`\n\n**${asMarkdown(name)}** ${asMarkdown(value)}`);
  };
  text.appendMarkdown(asMarkdown(shortPrompt(task.request.prompt, LONGEST_PROMPT)));
  text.appendMarkdown('\n\n---');
  const options = Object.entries(task.request.options ?? {}).map(([name, value]) =>
    optionWord(name, String(value), l10n),
  );
  line(l10n.t('Model:'), [task.request.model, ...sourceWords(task.request, l10n), ...options].join(' · '));
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
  line(l10n.t('Gateway:'), hostOf(task.origin));
  if (task.gatewayTaskId !== undefined) line(l10n.t('Task ID:'), task.gatewayTaskId);
  if (earlier) line(l10n.t('Generated again from:'), earlierWords(earlier, now, language));
  const { failure } = task;
  if (failure) {
    text.appendMarkdown(`\n\n${asMarkdown(failure.message)}`);
    // A sentence about nothing being charged is part of the message already.
    if (failure.charged === 'yes') text.appendMarkdown(` ${asMarkdown(chargeWord('yes', l10n))}`);
    if (failure.charged === 'unknown' && isEnd(task.phase)) {
      text.appendMarkdown(` ${asMarkdown(chargeWord('unknown', l10n))}`);
    }
  }
  text.appendMarkdown(`\n\n---\n${asMarkdown(momentWord(task.createdAt, now, language))}\n`);
  for (const { at, phase, note } of task.timeline) {
    const moved = `${preciseMomentWord(at, task.createdAt, language)} ${phaseWord(phase, l10n)}`;
    text.appendMarkdown(`\n- ${asMarkdown(note ? `${moved}. ${note}` : moved)}`);
  }
  return text;
}

/** A number with what matters behind the point. */
function short(value: number, language: string): string {
  return value.toLocaleString(language, { maximumFractionDigits: 1 });
}
