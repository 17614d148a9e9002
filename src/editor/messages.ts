import type { L10n } from '../core/common/l10n';
import type { Task } from '../core/tasks/task';
import { COMMANDS } from './ids';
import type { Notifier, Severity } from './notifier';

/** Something that the reader of a message can do about it. */
interface Action {
  readonly title: string;
  readonly command: string;
  readonly argument?: string;
}

interface Parts {
  readonly notifier: Notifier;
  readonly l10n: L10n;
  readonly execute: (command: string, ...args: string[]) => void;
}

/**
 * Every message the extension shows, one method each, with the action that mends what it tells of. Nobody waits for a
 * message: it may stay open for hours.
 */
export class Messages {
  readonly #notifier: Notifier;
  readonly #l10n: L10n;
  readonly #execute: Parts['execute'];

  constructor({ notifier, l10n, execute }: Parts) {
    this.#notifier = notifier;
    this.#l10n = l10n;
    this.#execute = execute;
  }

  // ── key and connection ──────────────────────────────────────────────────────────────────────────

  /** The user's own action needs a key. */
  noKey(sentence: string): void {
    this.#show('warning', sentence, [this.#setKey()]);
  }

  keyStored(): void {
    this.#notifier.status(this.#l10n.t('The API key is stored.'));
  }

  /** The check after Set API Key was good. */
  keyWorks(host: string): void {
    this.#notifier.status(this.#l10n.t('The API key is stored, and {0} accepts it.', host));
  }

  /** The check after Set API Key could not be made. */
  keyNotChecked(host: string): void {
    this.#notifier.status(
      this.#l10n.t('The API key is stored. It could not be checked: {0} does not answer as it should.', host),
    );
  }

  keyStoredButRefused(host: string, details: string): void {
    const sentence = this.#l10n.t('The API key is stored, but {0} refused it: {1}', host, details);
    this.#show('warning', sentence, [this.#setKey(), this.#openBaseUrl()]);
  }

  keyForThisWindowOnly(): void {
    const sentence = this.#l10n.t(
      'The API key could not be stored, because this system’s secret storage is not available. It is used until this window closes.',
    );
    this.#show('warning', sentence, [this.#showLog()]);
  }

  keyRemoved(): void {
    this.#notifier.status(this.#l10n.t('The API key is removed.'));
  }

  environmentKeyStays(variable: string): void {
    const sentence = this.#l10n.t(
      'No API key is stored any more. The one in the environment variable {0} is used now; take it out there if you do not want that.',
      variable,
    );
    this.#show('info', sentence, []);
  }

  keyNotRemoved(): void {
    const sentence = this.#l10n.t(
      'The API key could not be removed, because this system’s secret storage is not available.',
    );
    this.#show('error', sentence, [this.#showLog()]);
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
    this.#show(known.length === 0 ? 'warning' : 'info', sentence, []);
  }

  keyRefused(host: string, details: string): void {
    const sentence = this.#l10n.t('{0} can be reached, but refused the API key: {1}', host, details);
    this.#show('error', sentence, [this.#setKey(), this.#openBaseUrl()]);
  }

  unreachable(host: string, details: string): void {
    const sentence = this.#l10n.t(
      '{0} could not be reached. Check your connection and the base URL. Details: {1}',
      host,
      details,
    );
    this.#show('error', sentence, [this.#openBaseUrl(), this.#showLog()]);
  }

  strangeAnswer(host: string, details: string): void {
    const sentence = this.#l10n.t(
      '{0} answered, but not as a Nebula gateway should. Check the base URL, or try again later. Details: {1}',
      host,
      details,
    );
    this.#show('error', sentence, [this.#openBaseUrl(), this.#showLog()]);
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────────────

  /** Why a person's request was not sent, where no setting mends it. */
  badRequest(sentence: string): void {
    this.#show('error', sentence, [this.#generate()]);
  }

  /** The base URL is not usable, or was not approved. */
  badOrigin(sentence: string): void {
    this.#show('error', sentence, [this.#openBaseUrl()]);
  }

  readOnly(sentence: string): void {
    this.#show('error', sentence, [this.#showLog()]);
  }

  /** A person's request is on its way. */
  sent(): void {
    this.#notifier.status(
      this.#l10n.t('The request is sent. The video is fetched by itself when it is done.'),
    );
  }

  /** A person's request ended without being accepted, or nobody knows. */
  notAccepted({ phase, failure }: Task): void {
    if (!failure) return;
    // What is unknown is mended by no setting; the sentence says where to look.
    const helps =
      phase === 'unknown'
        ? []
        : failure.kind === 'key'
          ? [this.#setKey()]
          : failure.kind === 'network'
            ? [this.#openBaseUrl()]
            : [];
    this.#show(phase === 'unknown' ? 'warning' : 'error', failure.message, [...helps, this.#showLog()]);
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────

  /** A command about tasks found none that it suits. */
  nothingSuitable(sentence: string): void {
    this.#notifier.status(sentence);
  }

  /** What was asked of a task came too late. */
  tooLate(count: number): void {
    const sentence =
      count === 1
        ? this.#l10n.t('That is no longer possible: the task has moved on.')
        : this.#l10n.t('That is no longer possible for {0} of the tasks: they have moved on.', count);
    this.#show('info', sentence, []);
  }

  // ── the rest ────────────────────────────────────────────────────────────────────────────────────

  /** Something failed that nobody foresaw. */
  unexpected(title: string): void {
    const sentence = this.#l10n.t('“{0}” did not work, for an unexpected reason. The log says more.', title);
    this.#show('error', sentence, [this.#showLog()]);
  }

  #setKey(): Action {
    return { title: this.#l10n.t('Set API Key'), command: COMMANDS.setApiKey };
  }

  #openBaseUrl(): Action {
    return {
      title: this.#l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      argument: '@id:nebulaVideo.baseUrl',
    };
  }

  #showLog(): Action {
    return { title: this.#l10n.t('Show Log'), command: COMMANDS.showLog };
  }

  #generate(): Action {
    return { title: this.#l10n.t('Generate Video'), command: COMMANDS.generate };
  }

  #show(severity: Severity, sentence: string, actions: readonly Action[]): void {
    const titles = actions.map(({ title }) => title);
    void this.#notifier.show(severity, sentence, titles).then((chosen) => {
      const action = actions.find(({ title }) => title === chosen);
      if (action) this.#execute(action.command, ...(action.argument === undefined ? [] : [action.argument]));
    });
  }
}
