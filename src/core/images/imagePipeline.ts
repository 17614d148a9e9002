import type { L10n } from '../common/l10n';
import type { Disposable } from '../common/disposable';
import { withPrefix, type Log } from '../common/log';
import type { FitOptions, FittedImage } from './fitImage';
import { loadImageSource, type UserFileReader } from './imageSource';
import { inspectImage, type ImageInfo } from './inspectImage';
import type { ImageStore } from './imageStore';
import type { ImageLimits } from './imageLimits';
import type { Size } from './pixels';
import { ImageFileError, type ImageErrorReason } from './imageFileError';
import { imageErrorMessage } from './imageMessages';
import type { ImageProcessor } from './imageWorker';

/** An image that can't be sent. The message is for the user and says what to do. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly reason: ImageErrorReason;

  constructor(reason: ImageErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** Information about a source: a link that only the provider opens, or an image. */
export type SourceInfo =
  { readonly kind: 'link'; readonly url: string } | ({ readonly kind: 'image' } & ImageInfo);

/** The content that is sent for a source. */
export type SendableImage =
  { readonly kind: 'link'; readonly url: string } | ({ readonly kind: 'image' } & FittedImage);

export interface ImagePipelineDependencies {
  readonly processor: ImageProcessor;
  readonly store: ImageStore;
  readonly files: UserFileReader;
  readonly l10n: L10n;
  readonly log: Log;
}

/** Inspects, fits and stores the images of requests. Never changes the originals. */
export class ImagePipeline implements Disposable {
  readonly #deps: ImagePipelineDependencies;
  readonly #log: Log;

  constructor(deps: ImagePipelineDependencies) {
    this.#deps = deps;
    this.#log = withPrefix(deps.log, 'images');
  }

  /**
   * Detects what a source is by its bytes. Links aren't opened.
   * @throws {@link ImageError}
   */
  async inspect(source: string): Promise<SourceInfo> {
    return this.#withUserErrors(async () => {
      const read = await loadImageSource(source, this.#deps.files);
      return read.kind === 'link' ? read : { kind: 'image', ...inspectImage(read.bytes) };
    });
  }

  /**
   * Creates the bytes that are sent, for a preview or the request. The same source, limits and options always give the
   * same bytes. An https link isn't changed: the provider opens it, so whether it fits is unknown.
   * @throws {@link ImageError}; the signal's reason if it's aborted
   */
  async fit(
    source: string,
    limits: ImageLimits,
    options: FitOptions = {},
    signal?: AbortSignal,
  ): Promise<SendableImage> {
    return this.#withUserErrors(async () => {
      const read = await loadImageSource(source, this.#deps.files);
      if (read.kind === 'link') return read;
      const fitted = await this.#deps.processor.fit({ bytes: read.bytes, limits, options }, signal);
      return { kind: 'image', ...fitted };
    });
  }

  /**
   * Stores a sent image for its task.
   * @returns the source to store with the task: the file URI of the copy, or the link
   * @throws DiskError
   */
  async keep(image: SendableImage): Promise<string> {
    return image.kind === 'link' ? image.url : this.#deps.store.keep(image);
  }

  /**
   * Stores a PNG that isn't a file yet, without changing it.
   * @param size required size, in pixels
   * @returns the file URI of the copy
   * @throws {@link ImageError} if it's not a PNG of this size; DiskError
   */
  async keepPng(bytes: Uint8Array, size: Size): Promise<string> {
    await this.#withUserErrors(() => {
      const { format, width, height } = inspectImage(bytes);
      if (format !== 'png') throw new ImageFileError('otherKind', `it is ${format}`, format);
      if (width !== size.width || height !== size.height) {
        throw new ImageFileError('damaged', `it has ${width} x ${height} pixels`);
      }
    });
    return this.#deps.store.keep({ bytes, format: 'png' });
  }

  dispose(): void {
    this.#deps.processor.dispose();
  }

  async #withUserErrors<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ImageFileError)) throw error;
      this.#log[error.reason === 'failed' ? 'error' : 'info'](`${error.reason}: ${error.message}`);
      throw new ImageError(error.reason, imageErrorMessage(error, this.#deps.l10n), error);
    }
  }
}

/** Formats an image for families that expect a link or a data URI (API reference 7.2.1, 7.3.1, 7.5.2). */
export function toImageField(image: SendableImage): string {
  return image.kind === 'link' ? image.url : `data:image/${image.format};base64,${bareBase64(image)}`;
}

/** Formats an image as base64 for families that don't expect a data URI (API reference 7.6). */
export function bareBase64({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
