import type { Uri } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import type { BlockedBy } from '../../core/task/blockedBy';
import type { Task } from '../../core/task/task';
import type { FailureExplanation } from '../labels/failureLabels';
import { COMMANDS, SETTINGS, SETTINGS_SECTION } from './ids';
import type { MessageAction, MessagePresenter } from './messagePresenter';
import { commandForAction, actionLabel } from '../labels/actionLabels';
import type { ExportError } from '../library/videoExporter';
import { MAX_QUOTED_PROMPT_LENGTH, truncatePrompt } from '../labels/taskLabels';

interface Parts {
  readonly box: MessagePresenter;
  readonly l10n: L10n;
  /** No more notices about ended tasks. */
  readonly silence: () => void;
}

/**
 * Every message the extension shows but those about its library, one method each, with the action that mends what it
 * tells of.
 */
export class Messages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;
  readonly #silenceNotices: Parts['silence'];

  constructor({ box, l10n, silence }: Parts) {
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

  /** Generate Video from Selection found nothing that describes a video. */
  nothingSelected(): void {
    const sentence = this.#l10n.t(
      'Nothing is selected. Select the text that describes the video, and try again.',
    );
    this.#box.show('info', sentence, []);
  }

  /** Send Prompt was run on an editor without a prompt. */
  emptyPrompt(): void {
    this.#box.show('info', this.#l10n.t('The prompt is empty. Describe the video you want.'), []);
  }

  /** Send Prompt was run somewhere else. */
  noPromptEditor(): void {
    const sentence = this.#l10n.t('There is no prompt to send: this is not the editor of a video prompt.');
    this.#box.show('info', sentence, [this.#generate()]);
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
      command: COMMANDS.saveToWorkspace,
      arguments: [id],
    };
    const open = { title: this.#l10n.t('Open'), command: COMMANDS.openVideo, arguments: [id] };
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
        command: COMMANDS.approveAddress,
        arguments: [id],
      },
      keyring: { title: this.#l10n.t('Refresh'), command: COMMANDS.refresh },
    };
    this.#box.show('warning', sentence, [helps[what], this.#showLog()]);
  }

  // ── videos and files ────────────────────────────────────────────────────────────────────────────

  /**
   * The user has saved videos.
   * @param label the place of the first, as people name it
   * @param revealing the editor's command that shows it, where there is one
   */
  saved(first: Uri, label: string, count: number, revealing: string | undefined): void {
    const reveal = revealing
      ? [{ title: this.#l10n.t('Reveal'), command: revealing, arguments: [first] }]
      : [];
    const open = { title: this.#l10n.t('Open'), command: 'vscode.open', arguments: [first] };
    if (count === 1) this.#box.show('info', this.#l10n.t('Saved as {0}.', label), [...reveal, open]);
    else this.#box.show('info', this.#l10n.t('{0} videos are saved.', count), reveal);
  }

  /** Videos were saved because a setting says so. */
  savedByItself(label: string, count: number): void {
    this.#box.status(
      count === 1 ? this.#l10n.t('Saved as {0}.', label) : this.#l10n.t('{0} videos are saved.', count),
    );
  }

  noWorkspace(ids: readonly string[]): void {
    const sentence = this.#l10n.t(
      'There is no workspace to save to, because no folder is open. The video is safe in the library.',
    );
    const openFolder = { title: this.#l10n.t('Open Folder…'), command: 'vscode.openFolder' };
    this.#box.show('info', sentence, [this.#saveAs(ids), openFolder]);
  }

  /** Videos could not be saved. */
  notSaved(fault: ExportError, ids: readonly string[]): void {
    switch (fault.kind) {
      case 'badFolder': {
        const sentence = this.#l10n.t(
          'The setting "nebulaVideo.saveFolder" has to name a place inside the workspace folder, such as "videos" or "docs/media". "{0}" does not, so nothing was saved there.',
          fault.written,
        );
        this.#box.show('error', sentence, [this.#openSetting(SETTINGS.saveFolder), this.#saveAs(ids)]);
        return;
      }
      case 'badName': {
        const sentence = this.#l10n.t(
          'The setting "nebulaVideo.fileName" has {0} in it, which stands for nothing. The setting’s description lists what can be filled in.',
          fault.written,
        );
        this.#box.show('error', sentence, [this.#openSetting(SETTINGS.fileName), this.#saveAs(ids)]);
        return;
      }
      case 'readOnly': {
        const sentence = this.#l10n.t(
          '“{0}” cannot be written to. Save the video somewhere else; it is safe in the library.',
          fault.folder,
        );
        this.#box.show('error', sentence, [this.#saveAs(ids)]);
        return;
      }
      case 'missing': {
        const sentence = this.#l10n.t(
          'The video’s file is no longer in the library. Look Again fetches it once more, if the gateway still has it.',
        );
        const look = { title: this.#l10n.t('Look Again'), command: COMMANDS.lookAgain, arguments: rows(ids) };
        this.#box.show('warning', sentence, [look]);
        return;
      }
      case 'failed': {
        const sentence = this.#l10n.t('The video could not be saved. Details: {0}', fault.details);
        this.#box.show('error', sentence, [this.#saveAs(ids), this.#showLog()]);
      }
    }
  }

  /** The system has no program for the file, or does not say why it did not open it. */
  noSystemPlayer(ids: readonly string[]): void {
    const sentence = this.#l10n.t(
      'This system did not open the video. Another program may, once it is saved.',
    );
    this.#box.show('warning', sentence, [this.#saveAs(ids)]);
  }

  /** The library lies on another machine than the user's programs. */
  libraryIsElsewhere(ids: readonly string[]): void {
    const sentence = this.#l10n.t(
      'The video lies on the machine that this editor is connected to, where your own programs cannot reach it. Save As… brings it to your own machine, where its dialog offers “Show Local”.',
    );
    this.#box.show('info', sentence, [this.#saveAs(ids)]);
  }

  /** Where the library is, where its folder can't be opened. */
  libraryFolder(folder: string, uri: Uri): void {
    const sentence = this.#l10n.t('The finished videos are in the folder {0}.', folder);
    const open = {
      title: this.#l10n.t('Open in New Window'),
      command: 'vscode.openFolder',
      arguments: [uri, { forceNewWindow: true }],
    };
    this.#box.show('info', sentence, [open]);
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
    return { title: this.#l10n.t('Set API Key'), command: COMMANDS.setApiKey };
  }

  #openBaseUrl(): MessageAction {
    return {
      title: this.#l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      arguments: ['@id:nebulaVideo.baseUrl'],
    };
  }

  #showLog(): MessageAction {
    return { title: this.#l10n.t('Show Log'), command: COMMANDS.showLog };
  }

  #saveAs(ids: readonly string[]): MessageAction {
    return { title: this.#l10n.t('Save As…'), command: COMMANDS.saveAs, arguments: rows(ids) };
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

  #openSetting(name: string): MessageAction {
    return {
      title: this.#l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      arguments: [`@id:${SETTINGS_SECTION}.${name}`],
    };
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
    const open = { title: this.#l10n.t('Open'), command: COMMANDS.openVideo, arguments: [id] };
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
    return { title: this.#l10n.t('Generate Video'), command: COMMANDS.generate };
  }
}

/** Tasks as a command takes them: a row, and all rows. */
function rows(ids: readonly string[]): readonly unknown[] {
  return [ids[0], ids];
}
