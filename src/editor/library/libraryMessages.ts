import type { L10n } from '../../core/common/l10n';
import type { RescueReport } from '../../core/tasks/taskRecovery';
import { COMMANDS } from '../common/ids';
import { formatFileSize } from '../labels/libraryLabels';
import type { MessagePresenter } from '../common/messagePresenter';

interface Parts {
  readonly box: MessagePresenter;
  readonly l10n: L10n;
  readonly language: string;
}

/** What the extension says of its library and of rescued videos; as messages.ts, one method each. */
export class LibraryMessages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;
  readonly #language: string;

  constructor({ box, l10n, language }: Parts) {
    this.#box = box;
    this.#l10n = l10n;
    this.#language = language;
  }

  /** What Rescue came to. */
  rescued({ lookedAgain, found, libraryFault }: RescueReport): void {
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
      command: COMMANDS.attachTaskId,
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
}
