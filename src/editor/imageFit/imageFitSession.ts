import type { Disposable } from '../../core/common/disposable';
import type { ToHost } from '../../webview/imageFit/protocol';
import type { Chosen, ImageToFit } from './imageFitDialog';
import { FitPreview, type FitPreviewDependencies } from './fitPreview';

/** What stands behind one page while it is open: the choices, and what is shown for them. */
export class ImageFitSession implements Disposable {
  readonly #parts: FitPreviewDependencies;
  readonly #fitters: readonly FitPreview[];
  readonly #onEnd: (end: 'use' | 'back') => void;
  /** Somebody wants to go on, as soon as the latest choices have been fitted. */
  #wantsUse = false;

  /** @param onEnd is called when the person goes on or back, never after `dispose` */
  constructor(
    pictures: readonly ImageToFit[],
    parts: FitPreviewDependencies,
    onEnd: (end: 'use' | 'back') => void,
  ) {
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#fitters = pictures.map(
      (picture, index) => new FitPreview(index, picture, parts, () => this.#useIfReady()),
    );
    for (const fitter of this.#fitters) fitter.start();
  }

  get chosen(): readonly Chosen[] {
    return this.#fitters.map(({ chosen }) => chosen);
  }

  /** Takes what the page says. */
  hear(message: ToHost): void {
    switch (message.type) {
      case 'ready':
        this.#parts.tell({ type: 'view', cards: this.#fitters.map(({ card }) => card) });
        for (const fitter of this.#fitters) fitter.tellAll();
        return;
      case 'choose':
        this.#wantsUse = false;
        this.#fitters[message.image]?.choose(message.choice, message.revision);
        return;
      case 'use':
        this.#wantsUse = true;
        this.#useIfReady();
        return;
      case 'back':
        this.#onEnd('back');
        return;
    }
  }

  dispose(): void {
    for (const fitter of this.#fitters) fitter.dispose();
  }

  #useIfReady(): void {
    if (this.#wantsUse && this.#fitters.every(({ isReady }) => isReady)) this.#onEnd('use');
  }
}
