import type { Uri } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import type { RecoveryReport } from '../../core/tasks/taskRecovery';
import type { AppContext } from '../common/appContext';
import { SETTINGS, SETTINGS_SECTION } from '../common/ids';
import { formatFileSize } from '../labels/libraryLabels';
import type { MessageAction, MessagePresenter } from '../common/messagePresenter';
import type { ExportError } from './videoExporter';

type Dependencies = Pick<AppContext, 'box' | 'l10n' | 'language'>;

/** Messages about videos, saving, and the library. */
export class LibraryMessages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;
  readonly #language: string;

  constructor({ box, l10n, language }: Dependencies) {
    this.#box = box;
    this.#l10n = l10n;
    this.#language = language;
  }

  /** What Rescue came to. */
  rescued({ lookedAgain, found, libraryFault }: RecoveryReport): void {
    const sentences: string[] = [];
    if (lookedAgain === 1) sentences.push(this.#l10n.t('One task is looked at again.'));
    if (lookedAgain > 1) sentences.push(this.#l10n.t('{0} tasks are looked at again.', lookedAgain));
    if (found === 1) sentences.push(this.#l10n.t('One video was found in the library.'));
    if (found > 1) sentences.push(this.#l10n.t('{0} videos were found in the library.', found));
    if (sentences.length === 0) sentences.push(this.#l10n.t('Nothing was found that could be rescued.'));
    if (libraryFault !== undefined) {
      sentences.push(this.#l10n.t('The library could not be searched. Details: {0}', libraryFault));
    }
    this.#box.show(libraryFault === undefined ? 'info' : 'warning', sentences.join(' '), []);
  }

  /** Rescue found nothing for tasks that have no task id to ask the gateway with. */
  notRescuedWithoutId(ids: readonly string[]): void {
    const sentence = this.#l10n.t(
      'The library has no video of this request, and without a task id the gateway cannot be asked about it. If Nebula’s usage page shows the id, attach it.',
    );
    const attach = {
      title: this.#l10n.t('Attach Task ID…'),
      command: 'nebulaVideo.attachTaskId',
      arguments: [ids[0], ids],
    };
    this.#box.show('info', sentence, [attach]);
  }

  /** What Clean Library has done. @param inTrash whether it can be brought back from there */
  cleaned(done: {
    readonly videos: number;
    readonly bytes: number;
    readonly inTrash: boolean;
    readonly fault?: string;
  }): void {
    const { videos, inTrash, fault } = done;
    const size = formatFileSize(done.bytes, this.#l10n, this.#language);
    const sentence = inTrash
      ? videos === 1
        ? this.#l10n.t('One video is in the trash now; emptying it frees {0}.', size)
        : this.#l10n.t('{0} videos are in the trash now; emptying it frees {1}.', videos, size)
      : videos === 1
        ? this.#l10n.t('One video is removed, which frees {0}.', size)
        : this.#l10n.t('{0} videos are removed, which frees {1}.', videos, size);
    if (fault === undefined) this.#box.show('info', sentence, []);
    else {
      const rest = this.#l10n.t('The rest could not be removed. Details: {0}', fault);
      this.#box.show('warning', `${sentence} ${rest}`, []);
    }
  }

  libraryIsEmpty(): void {
    this.#box.status(this.#l10n.t('There is nothing in the library that could be removed.'));
  }

  /** The library's folder can't be read now. */
  cannotBeRead(details: string): void {
    const sentence = this.#l10n.t(
      'The library cannot be read now. Nothing was removed. Details: {0}',
      details,
    );
    this.#box.show('error', sentence, []);
  }

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
        const look = {
          title: this.#l10n.t('Look Again'),
          command: 'nebulaVideo.lookAgain',
          arguments: rows(ids),
        };
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

  /** The library is on a remote machine, where the user's programs can't open it. */
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

  #saveAs(ids: readonly string[]): MessageAction {
    return { title: this.#l10n.t('Save As…'), command: 'nebulaVideo.saveAs', arguments: rows(ids) };
  }

  #openSetting(name: string): MessageAction {
    return {
      title: this.#l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      arguments: [`@id:${SETTINGS_SECTION}.${name}`],
    };
  }

  #showLog(): MessageAction {
    return { title: this.#l10n.t('Show Log'), command: 'nebulaVideo.showLog' };
  }
}

/** Tasks as a command takes them: a row, and all rows. */
function rows(ids: readonly string[]): readonly unknown[] {
  return [ids[0], ids];
}
