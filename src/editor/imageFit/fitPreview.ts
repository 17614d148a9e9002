import { createHash } from 'node:crypto';
import { MutableDisposable, type Disposable } from '../../core/common/disposable';
import { describeError } from '../../core/common/log';
import type { Card, Choice, ToPage } from '../../webview/imageFit/protocol';
import type { AppContext } from '../common/appContext';
import { toFitOptions } from './fitOptions';
import type { Chosen, ImageToFit } from './imageFitDialog';
import { describeImageFile } from './imageFitText';

export interface FitPreviewDependencies extends Pick<AppContext, 'clock' | 'l10n' | 'language' | 'log'> {
  /** Tells the page, if there is one to hear it. */
  readonly tell: (message: ToPage) => void;
}

type Outcome = Extract<ToPage, { type: 'preview' | 'fault' }>;

/** A choice that stands for so long is worth a fit, in ms: while somebody drags, each one would only be thrown away. */
const REST_MS = 120;

/** Longer side of the original on the page, in pixels: enough to see it, and in a tiny one to move a frame over it. */
const SHOWN_SIDE = { least: 320, most: 1280 } as const;

/**
 * Keeps what is shown for one image up with what is chosen for it: the latest choice is fitted, an older one is given
 * up, and what was shown last stays until there is something new.
 */
export class FitPreview implements Disposable {
  readonly #index: number;
  readonly #picture: ImageToFit;
  readonly #parts: FitPreviewDependencies;
  readonly #onOutcome: () => void;
  readonly #rest = new MutableDisposable();
  #choice: Choice;
  #revision = 0;
  #running: AbortController | undefined;
  #original: ToPage | undefined;
  /** What transparent pixels of the original are shown on. */
  #ground = '';
  #outcome: Outcome | undefined;
  #disposed = false;

  /** @param onOutcome is called when something is known of the latest choice */
  constructor(index: number, picture: ImageToFit, parts: FitPreviewDependencies, onOutcome: () => void) {
    this.#index = index;
    this.#picture = picture;
    this.#parts = parts;
    this.#onOutcome = onOutcome;
    this.#choice = picture.card.choice;
  }

  get card(): Card {
    return { ...this.#picture.card, choice: this.#choice, revision: this.#revision };
  }

  get chosen(): Chosen {
    const outcome = this.#current;
    const shown = outcome?.type === 'preview' ? outcome.picture.bytes : undefined;
    return {
      choice: this.#choice,
      shown: shown && createHash('sha256').update(shown).digest('hex'),
    };
  }

  /** Whether the bytes of the latest choice are there. */
  get isReady(): boolean {
    return this.#current?.type === 'preview';
  }

  /** Begins to fit what was chosen before. */
  start(): void {
    void this.#work();
  }

  /** Tells a page that knows nothing what there is; of an older choice, too. */
  tellAll(): void {
    if (this.#original) this.#parts.tell(this.#original);
    if (this.#outcome) this.#parts.tell(this.#outcome);
  }

  choose(choice: Choice, revision: number): void {
    this.#choice = choice;
    this.#revision = revision;
    this.#running?.abort();
    this.#rest.set(this.#parts.clock.setTimeout(() => void this.#work(), REST_MS));
  }

  dispose(): void {
    this.#disposed = true;
    this.#rest.dispose();
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
      this.#parts.tell(outcome);
      this.#onOutcome();
    } catch (error) {
      if (!running.signal.aborted) this.#parts.log.error(describeError(error));
    }
  }

  async #fit(choice: Choice, revision: number, signal: AbortSignal): Promise<Outcome> {
    const { l10n, language } = this.#parts;
    const about = { image: this.#index, revision };
    try {
      const fitted = await this.#picture.fit(toFitOptions(choice), signal);
      const { bytes, format } = fitted;
      const caption = describeImageFile(fitted, bytes.length, l10n, language);
      return { type: 'preview', ...about, picture: { bytes, format }, caption };
    } catch (error) {
      signal.throwIfAborted();
      return { type: 'fault', ...about, sentence: this.#sentence(error) };
    }
  }

  /** Once, and again when its transparent parts get another colour. */
  async #showOriginal({ background }: Choice, signal: AbortSignal): Promise<void> {
    const { card } = this.#picture;
    const ground = card.hasAlpha ? background.join() : 'opaque';
    if (ground === this.#ground) return;
    const side = Math.max(card.width, card.height);
    const scale = Math.min(Math.max(side, SHOWN_SIDE.least), SHOWN_SIDE.most) / side;
    const size = {
      width: Math.max(1, Math.round(card.width * scale)),
      height: Math.max(1, Math.round(card.height * scale)),
    };
    try {
      const { bytes, format } = await this.#picture.show(size, { background }, signal);
      if (signal.aborted || this.#disposed) return;
      this.#ground = ground;
      this.#original = { type: 'original', image: this.#index, picture: { bytes, format } };
      this.#parts.tell(this.#original);
    } catch (error) {
      signal.throwIfAborted();
      // Fitting it fails the same way, and is told.
      this.#parts.log.debug(describeError(error));
    }
  }

  #sentence(error: unknown): string {
    // Those of the room of images are made for people; it is another bundle, so its class is not ours.
    if (error instanceof Error && error.name === 'ImageError') return error.message;
    this.#parts.log.error(describeError(error));
    return this.#parts.l10n.t("Couldn't prepare the image. See the log for details.");
  }
}
