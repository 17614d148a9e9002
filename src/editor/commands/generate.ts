import type { L10n } from '../../core/common/l10n';
import { MODELS, type Model } from '../../core/models/catalogue';
import type { VideoRequest } from '../../core/models/request';
import type { Task } from '../../core/tasks/task';
import type { Asker } from '../asker';
import type { Messages } from '../messages';
import { priceSentence, type RequestSender } from '../requestSender';
import { optionQuestion, optionWord } from '../taskWords';

interface Parts {
  readonly sender: RequestSender;
  readonly asker: Asker;
  readonly messages: Messages;
  readonly l10n: L10n;
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
export async function generate(parts: Parts, args: readonly unknown[]): Promise<Task | undefined> {
  const { sender, messages, reveal } = parts;
  const never = new AbortController().signal;
  if (hasRequest(args)) return structuredClone(await sender.send(args[0], 'caller', never));
  await sender.checkReady();
  const request = await askForRequest(parts);
  if (!request) return undefined;
  const task = await sender.send(request, 'person', never);
  if (task.phase === 'rejected' || task.phase === 'unknown') messages.notAccepted(task);
  else messages.sent();
  reveal(task.id);
  return structuredClone(task);
}

/** Prompt, options, and a last word before anything is paid. Whoever leaves anywhere sends nothing. */
async function askForRequest({ asker, l10n }: Parts): Promise<VideoRequest | undefined> {
  const title = l10n.t('Generate Video');
  const models = MODELS;
  const asksModel = models.length > 1;
  let model = models[0];
  const stepsOf = ({ family }: Model) => 2 + (asksModel ? 1 : 0) + family.choices.length;
  if (!model) return undefined;
  const prompt = await asker.text({
    title,
    prompt: l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.'),
    placeholder: l10n.t('For example: a paper boat on a rainy street, filmed close to the water'),
    step: { number: 1, of: stepsOf(model) },
    validate: (text) =>
      text.trim() === '' ? l10n.t('The prompt is empty. Describe the video you want.') : undefined,
  });
  if (prompt === undefined) return undefined;
  if (asksModel) {
    model = await asker.choose<Model>({
      title,
      placeholder: l10n.t('Which model?'),
      step: { number: 2, of: stepsOf(model) },
      choices: models.map((value) => ({ value, label: value.id })),
      initial: model,
    });
    if (!model) return undefined;
  }
  const steps = stepsOf(model);
  const options: Record<string, string> = {};
  for (const [index, { name, values, initial }] of model.family.choices.entries()) {
    const value = await asker.choose<string>({
      title,
      placeholder: optionQuestion(name, l10n),
      step: { number: steps - model.family.choices.length + index, of: steps },
      choices: values.map((choice) => ({ value: choice, label: optionWord(name, choice, l10n) })),
      initial,
    });
    if (value === undefined) return undefined;
    options[name] = value;
  }
  const summary = [
    model.id,
    ...Object.entries(options).map(([name, value]) => optionWord(name, value, l10n)),
  ].join(' · ');
  const go = await asker.choose({
    title,
    placeholder: l10n.t('Ready to send?'),
    step: { number: steps, of: steps },
    choices: [
      {
        value: true,
        label: `$(play) ${l10n.t('Generate video')}`,
        description: summary,
        detail: priceSentence(l10n),
      },
    ],
  });
  return go ? { model: model.id, prompt, options } : undefined;
}
