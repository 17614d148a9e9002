import { ByteReader } from '../common/byteReader';

/** Reasons why an image can't be sent. */
export type ImageErrorReason =
  /** The file has no bytes. */
  | 'empty'
  /** The bytes match no known type of file. */
  | 'unknownKind'
  /** The type is known but unsupported; `kind` names it. */
  | 'otherKind'
  | 'animated'
  /** The file is incomplete. */
  | 'truncated'
  /** The file is inconsistent, or its decoder failed. */
  | 'damaged'
  /** Above {@link MAX_PIXELS}. */
  | 'tooManyPixels'
  /** Above {@link MAX_FILE_BYTES}. */
  | 'tooManyBytes'
  /** Can't be reduced to the limits of the family. */
  | 'doesNotFit'
  /** The crop area isn't within the image. */
  | 'badPart'
  /** The source isn't an https link, a file URI or a data URI. */
  | 'badSource'
  | 'unreadable'
  /** The worker failed or took too long. */
  | 'failed';

/**
 * An image that can't be sent, with a message for the log. {@link ImagePipeline} converts it to an {@link ImageError}
 * with a message for the user.
 */
export class ImageFileError extends Error {
  override readonly name = 'ImageFileError';
  readonly reason: ImageErrorReason;
  /** Detected file type, if the reason is `otherKind`. */
  readonly kind: string | undefined;

  constructor(reason: ImageErrorReason, message: string, kind?: string) {
    super(message);
    this.reason = reason;
    this.kind = kind;
  }
}

/** Creates a reader that reports reading past the end as `truncated`. */
export function imageReader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, (end) => new ImageFileError('truncated', `it ends before byte ${end}`));
}
