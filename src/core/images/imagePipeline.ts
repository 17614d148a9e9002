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

/** An image that can't be sent; the message is a sentence for the user, with what to do. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly reason: ImageErrorReason;

  constructor(reason: ImageErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** What a source is: a link that only the service will follow, or a picture. */
export type SourceInfo =
  { readonly kind: 'link'; readonly url: string } | ({ readonly kind: 'picture' } & ImageInfo);

/** What is sent for the source of an image. */
export type SendableImage =
  { readonly kind: 'link'; readonly url: string } | ({ readonly kind: 'picture' } & FittedImage);

export interface ImagePipelineDependencies {
  readonly workshop: ImageProcessor;
  readonly kept: ImageStore;
  readonly files: UserFileReader;
  readonly l10n: L10n;
  readonly log: Log;
}

/** The way of an image from what the user chose to what is sent and kept. Originals are only ever read. */
export class ImagePipeline implements Disposable {
  readonly #parts: ImagePipelineDependencies;
  readonly #log: Log;

  constructor(parts: ImagePipelineDependencies) {
    this.#parts = parts;
    this.#log = withPrefix(parts.log, 'images');
  }

  /**
   * What a source is, from its bytes; animated pictures are named as such. Links are not followed.
   * @throws {@link ImageError}
   */
  async inspect(source: string): Promise<SourceInfo> {
    return this.#inWords(async () => {
      const read = await loadImageSource(source, this.#parts.files);
      return read.kind === 'link' ? read : { kind: 'picture', ...inspectImage(read.bytes) };
    });
  }

  /**
   * The very bytes that will be sent, for a preview or for the request itself; the same source, limits and wish give
   * the same bytes. An https link goes as it is: the service fetches it, so nobody knows here whether it fits.
   * @throws {@link ImageError}; the signal's reason when it is aborted
   */
  async fit(
    source: string,
    limits: ImageLimits,
    wish: FitOptions = {},
    signal?: AbortSignal,
  ): Promise<SendableImage> {
    return this.#inWords(async () => {
      const read = await loadImageSource(source, this.#parts.files);
      if (read.kind === 'link') return read;
      const fitted = await this.#parts.workshop.fit({ bytes: read.bytes, limits, wish }, signal);
      return { kind: 'picture', ...fitted };
    });
  }

  /**
   * Keeps what is sent, for the task that it goes with.
   * @returns the source that the task is stored with: the file URI of the kept copy, or the link
   * @throws DiskError
   */
  async keep(image: SendableImage): Promise<string> {
    return image.kind === 'link' ? image.url : this.#parts.kept.keep(image);
  }

  /**
   * Keeps a PNG that no file holds yet, as it is.
   * @param size what it must have, in pixels
   * @returns the file URI of the kept copy
   * @throws {@link ImageError} when it is something else; DiskError
   */
  async keepPng(bytes: Uint8Array, size: Size): Promise<string> {
    await this.#inWords(() => {
      const { format, width, height } = inspectImage(bytes);
      if (format !== 'png') throw new ImageFileError('otherKind', `it is ${format}`, format);
      if (width !== size.width || height !== size.height) {
        throw new ImageFileError('damaged', `it has ${width} x ${height} pixels`);
      }
    });
    return this.#parts.kept.keep({ bytes, format: 'png' });
  }

  dispose(): void {
    this.#parts.workshop.dispose();
  }

  async #inWords<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ImageFileError)) throw error;
      this.#log[error.reason === 'failed' ? 'error' : 'info'](`${error.reason}: ${error.message}`);
      throw new ImageError(error.reason, imageErrorMessage(error, this.#parts.l10n), error);
    }
  }
}

/** What goes into a request where the family wants a link or a data URI (API reference 7.2.1, 7.3.1, 7.5.2). */
export function toImageField(image: SendableImage): string {
  return image.kind === 'link' ? image.url : `data:image/${image.format};base64,${bareBase64(image)}`;
}

/** The picture without the data URI's beginning, for families that want it bare (API reference 7.6). */
export function bareBase64({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
