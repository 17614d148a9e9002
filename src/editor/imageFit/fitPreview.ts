import { createHash } from 'node:crypto';
import { MutableDisposable, type Disposable } from '../../core/common/disposable';
import { describeError } from '../../core/common/log';
import type { Card, Choice, ToPage } from '../../webview/imageFit/protocol';
import type { AppContext } from '../common/appContext';
import { toFitOptions } from './fitOptions';
import type { ImageChoice, ImageToFit } from './imageFitDialog';
import { describeImageFile } from './imageFitText';

export interface FitPreviewDependencies extends Pick<AppContext, 'clock' | 'l10n' | 'language' | 'log'> {
  /** Sends a message to the page, if it's visible. */
  readonly postMessage: (message: ToPage) => void;
}

type Outcome = Extract<ToPage, { type: 'preview' | 'error' }>;

/** Debounce for choices. While the user drags, intermediate results would be discarded. */
const DEBOUNCE_MS = 120;

/** Longer side of the displayed original. Small images are enlarged so that the crop frame can be moved. */
const DISPLAY_SIDE_PX = { min: 320, max: 1280 } as const;

/**
 * Renders the latest choice for one image. Cancels older renders, and keeps the last result until there's a new
 * one.
 */
export class FitPreview implements Disposable {
  readonly #index: number;
  readonly #image: ImageToFit;
  readonly #deps: FitPreviewDependencies;
  readonly #onOutcome: () => void;
  readonly #debounce = new MutableDisposable();
  #choice: Choice;
  #revision = 0;
  #running: AbortController | undefined;
  #original: ToPage | undefined;
  /** Background of the displayed original. */
  #background = '';
  #outcome: Outcome | undefined;
  #disposed = false;

  /** @param onOutcome called when the latest choice has a preview or an error */
  constructor(index: number, image: ImageToFit, deps: FitPreviewDependencies, onOutcome: () => void) {
    this.#index = index;
    this.#image = image;
    this.#deps = deps;
    this.#onOutcome = onOutcome;
    this.#choice = image.card.choice;
  }

  get card(): Card {
    return { ...this.#image.card, choice: this.#choice, revision: this.#revision };
  }

  get chosen(): ImageChoice {
    const outcome = this.#current;
    const shown = outcome?.type === 'preview' ? outcome.image.bytes : undefined;
    return {
      choice: this.#choice,
      shown: shown && createHash('sha256').update(shown).digest('hex'),
    };
  }

  /** True if the latest choice is rendered. */
  get isReady(): boolean {
    return this.#current?.type === 'preview';
  }

  start(): void {
    void this.#work();
  }

  /** Sends everything that's available to a page that was shown again, even for an older choice. */
  sendAll(): void {
    if (this.#original) this.#deps.postMessage(this.#original);
    if (this.#outcome) this.#deps.postMessage(this.#outcome);
  }

  choose(choice: Choice, revision: number): void {
    this.#choice = choice;
    this.#revision = revision;
    this.#running?.abort();
    this.#debounce.set(this.#deps.clock.setTimeout(() => void this.#work(), DEBOUNCE_MS));
  }

  dispose(): void {
    this.#disposed = true;
    this.#debounce.dispose();
    this.#running?.abort();
  }

  get #current(): Outcome | undefined {
    return this.#outcome?.revision === this.#revision ? this.#outcome : undefined;
  }

  async #work(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const [choice, revision] = [this.#choice, this.#revision];
    try {
      await this.#showOriginal(choice, running.signal);
      const outcome = await this.#fit(choice, revision, running.signal);
      if (running.signal.aborted || this.#disposed) return;
      this.#outcome = outcome;
      this.#deps.postMessage(outcome);
      this.#onOutcome();
    } catch (error) {
      if (!running.signal.aborted) this.#deps.log.error(describeError(error));
    }
  }

  async #fit(choice: Choice, revision: number, signal: AbortSignal): Promise<Outcome> {
    const { language } = this.#deps;
    const about = { index: this.#index, revision };
    try {
      const fitted = await this.#image.fit(toFitOptions(choice), signal);
      const { bytes, format } = fitted;
      const caption = describeImageFile(fitted, bytes.length, language);
      return { type: 'preview', ...about, image: { bytes, format }, caption };
    } catch (error) {
      signal.throwIfAborted();
      return { type: 'error', ...about, message: this.#errorMessage(error) };
    }
  }

  /** Renders the original once, and again if the background of its transparent parts changes. */
  async #showOriginal({ background }: Choice, signal: AbortSignal): Promise<void> {
    const { card } = this.#image;
    const shownBackground = card.hasAlpha ? background.join() : 'opaque';
    if (shownBackground === this.#background) return;
    const side = Math.max(card.width, card.height);
    const scale = Math.min(Math.max(side, DISPLAY_SIDE_PX.min), DISPLAY_SIDE_PX.max) / side;
    const size = {
      width: Math.max(1, Math.round(card.width * scale)),
      height: Math.max(1, Math.round(card.height * scale)),
    };
    try {
      const { bytes, format } = await this.#image.show(size, { background }, signal);
      if (signal.aborted || this.#disposed) return;
      this.#background = shownBackground;
      this.#original = { type: 'original', index: this.#index, image: { bytes, format } };
      this.#deps.postMessage(this.#original);
    } catch (error) {
      signal.throwIfAborted();
      // `#fit` fails the same way and reports it.
      this.#deps.log.debug(describeError(error));
    }
  }

  #errorMessage(error: unknown): string {
    // Messages of ImageError are for users. Compare by name: the class is in another bundle.
    if (error instanceof Error && error.name === 'ImageError') return error.message;
    this.#deps.log.error(describeError(error));
    return this.#deps.l10n.t("Couldn't prepare the image. See the log for details.");
  }
}
