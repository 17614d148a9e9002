import type { Disposable } from '../../core/common/disposable';
import type { ToHost } from '../../webview/imageFit/protocol';
import type { ImageChoice, ImageToFit } from './imageFitDialog';
import { FitPreview, type FitPreviewDependencies } from './fitPreview';

/** Host side of one page: the choices and their previews. */
export class ImageFitSession implements Disposable {
  readonly #deps: FitPreviewDependencies;
  readonly #previews: readonly FitPreview[];
  readonly #onEnd: (end: 'use' | 'back') => void;
  /** The user confirmed. Continue when the latest choices are rendered. */
  #isConfirmed = false;

  /** @param onEnd called when the user continues or goes back, never after `dispose` */
  constructor(
    images: readonly ImageToFit[],
    deps: FitPreviewDependencies,
    onEnd: (end: 'use' | 'back') => void,
  ) {
    this.#deps = deps;
    this.#onEnd = onEnd;
    this.#previews = images.map(
      (image, index) => new FitPreview(index, image, deps, () => this.#useIfReady()),
    );
    for (const preview of this.#previews) preview.start();
  }

  get chosen(): readonly ImageChoice[] {
    return this.#previews.map(({ chosen }) => chosen);
  }

  onMessage(message: ToHost): void {
    switch (message.type) {
      case 'ready':
        this.#deps.postMessage({ type: 'view', cards: this.#previews.map(({ card }) => card) });
        for (const preview of this.#previews) preview.sendAll();
        return;
      case 'choose':
        this.#isConfirmed = false;
        this.#previews[message.index]?.choose(message.choice, message.revision);
        return;
      case 'use':
        this.#isConfirmed = true;
        this.#useIfReady();
        return;
      case 'back':
        this.#onEnd('back');
        return;
    }
  }

  dispose(): void {
    for (const preview of this.#previews) preview.dispose();
  }

  #useIfReady(): void {
    if (this.#isConfirmed && this.#previews.every(({ isReady }) => isReady)) this.#onEnd('use');
  }
}
