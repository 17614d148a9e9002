import { createHash } from 'node:crypto';
import type { Choice } from '../../src/webview/imageFit/protocol';
import { toFitOptions } from '../../src/editor/imageFit/fitOptions';
import type {
  ImageChoice,
  ImageFitResult,
  ImageFitDialog,
  ImageFitRequest,
} from '../../src/editor/imageFit/imageFitDialog';

/** A user's action on the page: how they leave it, and the changes for each image before that. */
export interface FittingDeed {
  readonly end: ImageFitResult['end'];
  readonly changes?: readonly Partial<Choice>[];
  /** The user leaves before the preview shows these changes. */
  readonly hastily?: true;
}

/** A scripted user of the image fit page. Without a plan, they accept what is shown. */
export class FakeImageFitDialog implements ImageFitDialog {
  readonly asked: ImageFitRequest[] = [];
  /** The bytes shown last for each image. */
  shown: Uint8Array[] = [];
  readonly #deeds: FittingDeed[] = [];

  plan(...deeds: readonly FittingDeed[]): void {
    this.#deeds.push(...deeds);
  }

  async show(question: ImageFitRequest): Promise<ImageFitResult> {
    this.asked.push(question);
    const { end, changes = [], hastily = false } = this.#deeds.shift() ?? { end: 'use' };
    this.shown = [];
    const chosen: ImageChoice[] = [];
    for (const [index, image] of question.images.entries()) {
      const choice = { ...image.card.choice, ...changes[index] };
      const { bytes } = await image.fit(toFitOptions(choice), new AbortController().signal);
      this.shown.push(bytes);
      chosen.push({ choice, shown: hastily ? undefined : createHash('sha256').update(bytes).digest('hex') });
    }
    return { end, chosen };
  }
}
