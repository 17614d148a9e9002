import type { L10n } from '../../core/common/l10n';
import type { BlockedBy } from '../../core/task/blockedBy';
import type { Task } from '../../core/task/task';
import type { AppContext } from './appContext';
import type { FailureExplanation } from '../labels/failureLabels';
import type { MessageAction, MessagePresenter } from './messagePresenter';
import { commandForAction, actionLabel } from '../labels/actionLabels';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../labels/taskLabels';

interface Dependencies extends Pick<AppContext, 'box' | 'l10n'> {
  /** No more notices about ended tasks. */
  readonly silence: () => void;
}

/**
 * Messages of several features, one method each, with the action that mends what it
 * tells of.
 */
export class Messages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;
  readonly #silenceNotices: Dependencies['silence'];

  constructor({ box, l10n, silence }: Dependencies) {
    this.#box = box;
    this.#l10n = l10n;
    this.#silenceNotices = silence;
  }

  // ── key and connection ──────────────────────────────────────────────────────────────────────────

  /** The user's own action needs a key. */
  noKey(sentence: string): void {
    this.#box.show('warning', sentence, [this.#setKey()]);
  }

  /** The user's own action needs a key that the system keeps locked. */
  keyLocked(sentence: string): void {
    this.#box.show('warning', sentence, [this.#showLog()]);
  }

  keyStored(): void {
    this.#box.status(this.#l10n.t('The API key is stored.'));
  }

  /** The check after Set API Key was good. */
  keyWorks(host: string): void {
    this.#box.status(this.#l10n.t('The API key is stored, and {0} accepts it.', host));
  }

  /** The check after Set API Key could not be made. */
  keyNotChecked(host: string): void {
    this.#box.status(
      this.#l10n.t('The API key is stored. It could not be checked: {0} does not answer as it should.', host),
    );
  }

  keyStoredButRefused(host: string, details: string): void {
    const sentence = this.#l10n.t('The API key is stored, but {0} refused it: {1}', host, details);
    this.#box.show('warning', sentence, [this.#setKey(), this.#openBaseUrl()]);
  }

  keyForThisWindowOnly(): void {
    const sentence = this.#l10n.t(
      'The API key could not be stored, because this system’s secret storage is not available. It is used until this window closes.',
    );
    this.#box.show('warning', sentence, [this.#showLog()]);
  }

  addressApproved(host: string): void {
    this.#box.status(this.#l10n.t('Your API key may be sent to {0}.', host));
  }

  keyRemoved(): void {
    this.#box.status(this.#l10n.t('The API key is removed.'));
  }

  environmentKeyStays(variable: string): void {
    const sentence = this.#l10n.t(
      'No API key is stored any more. The one in the environment variable {0} is used now; take it out there if you do not want that.',
      variable,
    );
    this.#box.show('info', sentence, []);
  }

  keyNotRemoved(): void {
    const sentence = this.#l10n.t(
      'The API key could not be removed, because this system’s secret storage is not available.',
    );
    this.#box.show('error', sentence, [this.#showLog()]);
  }

  connectionWorks(host: string, models: number, known: readonly string[]): void {
    const sentence =
      known.length === 0
        ? this.#l10n.t(
            '{0} accepts the key. It offers {1} models, but none of the video models that this version knows.',
            host,
            models,
          )
        : this.#l10n.t(
            '{0} accepts the key. It offers {1} models; the video models among them that this version knows: {2}.',
            host,
            models,
            known.join(', '),
          );
    this.#box.show(known.length === 0 ? 'warning' : 'info', sentence, []);
  }

  keyRefused(host: string, details: string): void {
    const sentence = this.#l10n.t('{0} can be reached, but refused the API key: {1}', host, details);
    this.#box.show('error', sentence, [this.#setKey(), this.#openBaseUrl()]);
  }

  unreachable(host: string, details: string): void {
    const sentence = this.#l10n.t(
      '{0} could not be reached. Check your connection and the base URL. Details: {1}',
      host,
      details,
    );
    this.#box.show('error', sentence, [this.#openBaseUrl(), this.#showLog()]);
  }

  strangeAnswer(host: string, details: string): void {
    const sentence = this.#l10n.t(
      '{0} answered, but not as a Nebula gateway should. Check the base URL, or try again later. Details: {1}',
      host,
      details,
    );
    this.#box.show('error', sentence, [this.#openBaseUrl(), this.#showLog()]);
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────────────

  /** Why a person's request was not sent, where no setting mends it. */
  badRequest(sentence: string): void {
    this.#box.show('error', sentence, [this.#generate()]);
  }

  /** The base URL is not usable, or was not approved. */
  badOrigin(sentence: string): void {
    this.#box.show('error', sentence, [this.#openBaseUrl()]);
  }

  readOnly(sentence: string): void {
    this.#box.show('error', sentence, [this.#showLog()]);
  }

  /** A person's request is on its way. */
  sent(): void {
    this.#box.status(this.#l10n.t('The request is sent. The video is fetched by itself when it is done.'));
  }

  /** A person's request ended without being accepted, or nobody knows. */
  notAccepted(task: Task, explanation: FailureExplanation): void {
    this.#explain(task, explanation, 2);
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────

  /** A command about tasks found none that it suits. */
  nothingSuitable(sentence: string): void {
    this.#box.status(sentence);
  }

  /** What was asked of a task came too late. */
  tooLate(count: number): void {
    const sentence =
      count === 1
        ? this.#l10n.t('That is no longer possible: the task has moved on.')
        : this.#l10n.t('That is no longer possible for {0} of the tasks: they have moved on.', count);
    this.#box.show('info', sentence, []);
  }

  /** The gateway is asked about ended tasks once more. */
  looksAgain(count: number): void {
    this.#box.status(
      count === 1
        ? this.#l10n.t('The gateway is asked about the task once more.')
        : this.#l10n.t('The gateway is asked about {0} tasks once more.', count),
    );
  }

  promptCopied(count: number): void {
    this.#box.status(
      count === 1 ? this.#l10n.t('The prompt is copied.') : this.#l10n.t('{0} prompts are copied.', count),
    );
  }

  // ── ends that nobody has asked about ────────────────────────────────────────────────────────────

  /**
   * A video is there.
   * @param offersSave false when it is saved by itself
   * @param missing what is to be said of others of its task that are not
   */
  videoReady({ id, request }: Task, offersSave: boolean, missing?: string): void {
    const ready = this.#l10n.t('“{0}” is ready.', truncatePrompt(request.prompt, MAX_QUOTED_PROMPT_LENGTH));
    const sentence = missing === undefined ? ready : `${ready} ${missing}`;
    const save = {
      title: this.#l10n.t('Save to Workspace'),
      command: 'nebulaVideo.saveToWorkspace',
      arguments: [id],
    };
    const open = { title: this.#l10n.t('Open'), command: 'nebulaVideo.openVideo', arguments: [id] };
    this.#box.show('info', sentence, [open, ...(offersSave ? [save] : []), this.#silence()]);
  }

  /** A task ended without a video, some time after it was sent. */
  taskEnded(task: Task, explanation: FailureExplanation): void {
    this.#explain(task, explanation, 1, [this.#silence()]);
  }

  /** Tasks wait for the user: for a key, for approval of their address, or for an open keyring. */
  tasksWaitForKey(sentence: string, what: BlockedBy, id: string): void {
    const helps: Readonly<Record<BlockedBy, MessageAction>> = {
      key: this.#setKey(),
      balance: this.#setKey(),
      approval: {
        title: this.#l10n.t('Approve Address…'),
        command: 'nebulaVideo.approveAddress',
        arguments: [id],
      },
      keyring: { title: this.#l10n.t('Refresh'), command: 'nebulaVideo.refresh' },
    };
    this.#box.show('warning', sentence, [helps[what], this.#showLog()]);
  }

  // ── the rest ────────────────────────────────────────────────────────────────────────────────────

  /** A request has left, and there is no task that could tell of it. */
  outcomeNotWritten(sentence: string): void {
    this.#box.show('error', sentence, [this.#showLog()]);
  }

  /** Something failed that nobody foresaw. */
  unexpected(title: string): void {
    const sentence = this.#l10n.t('“{0}” did not work, for an unexpected reason. The log says more.', title);
    this.#box.show('error', sentence, [this.#showLog()]);
  }

  #setKey(): MessageAction {
    return { title: this.#l10n.t('Set API Key'), command: 'nebulaVideo.setApiKey' };
  }

  #openBaseUrl(): MessageAction {
    return {
      title: this.#l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      arguments: ['@id:nebulaVideo.baseUrl'],
    };
  }

  #showLog(): MessageAction {
    return { title: this.#l10n.t('Show Log'), command: 'nebulaVideo.showLog' };
  }

  #silence(): MessageAction {
    const run = () => {
      this.#silenceNotices();
      this.#box.status(
        this.#l10n.t('No more notices about tasks. The setting “nebulaVideo.notify” brings them back.'),
      );
    };
    return { title: this.#l10n.t('Don’t Show Again'), run };
  }

  /** Says of a task how it stands, with the first of the actions that help, and the page that says more. */
  #explain(
    { id, request, phase }: Task,
    { title, sentence, charge, actions }: FailureExplanation,
    most: number,
    others: readonly MessageAction[] = [],
  ): void {
    const words = this.#l10n.t(
      '{0}: “{1}”. {2} {3}',
      title,
      truncatePrompt(request.prompt, MAX_QUOTED_PROMPT_LENGTH),
      sentence,
      charge,
    );
    const open = { title: this.#l10n.t('Open'), command: 'nebulaVideo.openVideo', arguments: [id] };
    const helps = actions.slice(0, most).flatMap((action): MessageAction[] => {
      const deed = commandForAction(action, id);
      return deed
        ? [{ title: actionLabel(action, this.#l10n), command: deed.command, arguments: deed.args }]
        : [];
    });
    this.#box.show(phase === 'unknown' || phase === 'lost' ? 'warning' : 'error', words, [
      ...helps,
      open,
      ...others,
    ]);
  }

  #generate(): MessageAction {
    return { title: this.#l10n.t('Generate Video'), command: 'nebulaVideo.generate' };
  }
}
