import type { L10n } from '../../../core/common/l10n';
import type { Catalog } from '../../../core/models/catalog';
import { requestedVideoCount } from '../../../core/models/variations';
import type { BatchReport, StopReason } from '../../../core/tasks/submitSequentially';
import { OutcomeNotStoredError } from '../../../core/tasks/submitRecorder';
import type { Task } from '../../../core/task/task';
import type { Action } from '../../../webview/player/protocol';
import type { AppContext } from '../../common/appContext';
import { VIEWS } from '../../common/ids';
import { commandForAction, actionLabel } from '../../labels/actionLabels';
import { Rejection } from '../../common/rejection';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../../labels/taskLabels';
import { explainFailure } from '../../labels/failureLabels';
import type { MessageAction, MessagePresenter } from '../../common/messagePresenter';

type Dependencies = Pick<AppContext, 'catalog' | 'box' | 'l10n'>;

/** Of what helps against a failure, this helps the requests that were not sent, too. */
const BATCH_ACTIONS: readonly Action[] = ['setApiKey', 'testConnection'];

/** What the extension says about requests that are sent together: one message for all. */
export class BatchMessages {
  readonly #catalog: Catalog;
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;

  constructor({ catalog, box, l10n }: Dependencies) {
    this.#catalog = catalog;
    this.#box = box;
    this.#l10n = l10n;
  }

  /** One of the prompts of a list is empty. @param numbers from 1 */
  emptyPrompts(numbers: readonly number[]): void {
    const sentence =
      numbers.length === 1
        ? this.#l10n.t(
            'Prompt {0} is empty. Describe the video, or take one of the lines with --- away. Nothing was sent.',
            numbers.join(', '),
          )
        : this.#l10n.t(
            'The prompts {0} are empty. Describe the videos, or take lines with --- away. Nothing was sent.',
            numbers.join(', '),
          );
    this.#box.show('info', sentence, []);
  }

  tooManyPrompts(count: number, most: number): void {
    const sentence = this.#l10n.t(
      'There are {0} prompts, and {1} are the most that are sent in one go. Nothing was sent.',
      count,
      most,
    );
    this.#box.show('info', sentence, []);
  }

  /** The prompts of this list are on their way already. */
  stillSending(): void {
    this.#box.show('info', this.#l10n.t('These prompts are being sent already.'), []);
  }

  /**
   * All has been sent that will be.
   * @param reopen shows the prompts that were not sent or not taken; absent where there are none
   */
  done({ tasks, notSent, unclear, stop }: BatchReport, reopen: (() => void) | undefined): void {
    const of = (...phases: Task['phase'][]) => tasks.filter(({ task }) => phases.includes(task.phase));
    const refused = of('rejected');
    const unknown = of('unknown').length + unclear.length;
    const unsent = notSent.length + of('stopped').length;
    const sent = tasks.length - of('rejected', 'unknown', 'stopped').length;
    const list = { title: this.#l10n.t('Show List'), command: `${VIEWS.tasks}.focus` };
    if (sent === tasks.length && notSent.length === 0 && unclear.length === 0) {
      const videos = requestedVideoCount(
        this.#catalog,
        tasks.map(({ task }) => task.request),
      );
      const sentence = this.#l10n.t(
        '{0} videos are being made. Each is fetched by itself when it is done.',
        videos,
      );
      this.#box.show('info', sentence, [list]);
      return;
    }
    const counts = [
      sent > 0 ? this.#l10n.t('{0} sent', sent) : undefined,
      refused.length > 0 ? this.#l10n.t('{0} refused', refused.length) : undefined,
      unknown > 0 ? this.#l10n.t('{0} with an unknown outcome', unknown) : undefined,
      unsent > 0 ? this.#l10n.t('{0} not sent', unsent) : undefined,
    ].filter((words) => words !== undefined);
    const { reason, helps } = this.#why(stop, refused[0]?.task);
    const sentence = this.#l10n.t(
      'Of {0} requests: {1}.',
      tasks.length + notSent.length + unclear.length,
      counts.join(', '),
    );
    const isChoice = stop?.kind === 'cancelled' && refused.length === 0 && unknown === 0;
    this.#box.show(isChoice ? 'info' : 'warning', reason === undefined ? sentence : `${sentence} ${reason}`, [
      ...helps,
      ...(reopen ? [{ title: this.#l10n.t('Show Prompts'), run: reopen }] : []),
      list,
    ]);
  }

  /** What stopped the rest, or else what became of the one that was refused. */
  #why(
    stop: StopReason | undefined,
    refused: Task | undefined,
  ): { readonly reason?: string; readonly helps: readonly MessageAction[] } {
    const task = stop?.kind === 'task' ? stop.task : refused;
    if (stop?.kind === 'error') {
      const { error } = stop;
      const reason =
        error instanceof Rejection || error instanceof OutcomeNotStoredError
          ? error.message
          : this.#l10n.t('Something unexpected happened, and the rest was not sent. The log says more.');
      return { reason, helps: [] };
    }
    const explanation = task && explainFailure(task, this.#l10n);
    if (!explanation) return { helps: [] };
    const { title, sentence, charge, actions } = explanation;
    const helps = actions
      .filter((action) => BATCH_ACTIONS.includes(action))
      .flatMap((action): MessageAction[] => {
        const deed = commandForAction(action, task.id);
        return deed
          ? [{ title: actionLabel(action, this.#l10n), command: deed.command, arguments: deed.args }]
          : [];
      });
    const quote = truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH);
    return { reason: this.#l10n.t('{0}: “{1}”. {2} {3}', title, quote, sentence, charge), helps };
  }
}
