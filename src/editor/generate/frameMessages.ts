import type { L10n } from '../../core/common/l10n';
import type { AppContext } from '../common/appContext';
import type { FrameErrorReason } from '../player/frameRequests';
import { actionLabel } from '../labels/actionLabels';
import type { MessagePresenter } from '../common/messagePresenter';

type Dependencies = Pick<AppContext, 'box' | 'l10n'>;

/** What the extension says when a picture of a video can't be had, and how to go on all the same. */
export class FrameMessages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;

  constructor({ box, l10n }: Dependencies) {
    this.#box = box;
    this.#l10n = l10n;
  }

  /** @param id of the task whose video it is */
  noFrame(id: string, reason: Exclude<FrameErrorReason, 'closed'>): void {
    const l10n = this.#l10n;
    if (reason === 'missing') {
      const sentence = l10n.t(
        'The file of this video is missing, so no frame can be taken of it. Look Again finds it when it is back in the library, or fetches it anew while the gateway keeps it.',
      );
      const lookAgain = {
        title: actionLabel('lookAgain', l10n),
        command: 'nebulaVideo.lookAgain',
        arguments: [id],
      };
      this.#box.show('warning', sentence, [lookAgain]);
      return;
    }
    const external = {
      title: actionLabel('openExternally', l10n),
      command: 'nebulaVideo.openExternally',
      arguments: [id],
    };
    const fromImage = { title: l10n.t('Choose an Image…'), command: 'nebulaVideo.generateFromImage' };
    this.#box.show('warning', `${this.#cause(reason)} ${this.#otherWay()}`, [external, fromImage]);
  }

  #cause(reason: 'late' | 'unplayable' | 'damaged'): string {
    switch (reason) {
      case 'late':
        return this.#l10n.t('No frame could be taken: the page of the video did not answer in time.');
      case 'unplayable':
        return this.#l10n.t('No frame could be taken: this editor cannot decode the video.');
      case 'damaged':
        return this.#l10n.t('No frame could be taken: what came of it is no picture of this video.');
    }
  }

  #otherWay(): string {
    return this.#l10n.t(
      'Nothing was sent. You can open the video in another player, save a picture of the frame there, and generate a video from that image.',
    );
  }
}
