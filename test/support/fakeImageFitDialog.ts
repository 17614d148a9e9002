import { createHash } from 'node:crypto';
import type { Choice } from '../../src/webview/imageFit/protocol';
import { toFitOptions } from '../../src/editor/imageFit/fitOptions';
import type {
  Chosen,
  ImageFitResult,
  ImageFitDialog,
  ImageFitRequest,
} from '../../src/editor/imageFit/imageFitDialog';

/** What the person does on the page: how they leave it, and what they change before, image by image. */
export interface FittingDeed {
  readonly end: ImageFitResult['end'];
  readonly changes?: readonly Partial<Choice>[];
  /** They leave before it can be shown what these changes make. */
  readonly hastily?: true;
}

/** A person before the fitting page, who does what a test has planned; without a plan they take what they are shown. */
export class FakeFittingPages implements ImageFitDialog {
  readonly asked: ImageFitRequest[] = [];
  /** The bytes that were shown last, of each image. */
  shown: Uint8Array[] = [];
  readonly #deeds: FittingDeed[] = [];

  plan(...deeds: readonly FittingDeed[]): void {
    this.#deeds.push(...deeds);
  }

  async ask(question: ImageFitRequest): Promise<ImageFitResult> {
    this.asked.push(question);
    const { end, changes = [], hastily = false } = this.#deeds.shift() ?? { end: 'use' };
    this.shown = [];
    const chosen: Chosen[] = [];
    for (const [index, picture] of question.pictures.entries()) {
      const choice = { ...picture.card.choice, ...changes[index] };
      const { bytes } = await picture.fit(toFitOptions(choice), new AbortController().signal);
      this.shown.push(bytes);
      chosen.push({ choice, shown: hastily ? undefined : createHash('sha256').update(bytes).digest('hex') });
    }
    return { end, chosen };
  }
}
