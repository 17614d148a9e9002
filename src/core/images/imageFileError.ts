import { ByteReader } from '../common/byteReader';

/** Why a file is no picture that can be sent. */
export type ImageErrorReason =
  /** It holds nothing. */
  | 'empty'
  /** Its bytes are those of no picture we know. */
  | 'unknownKind'
  /** We know what it is, and it is nothing that can be sent; `kind` names it. */
  | 'otherKind'
  /** It moves. */
  | 'animated'
  /** It ends before it should. */
  | 'truncated'
  /** It contradicts itself, or its decoder gave up. */
  | 'damaged'
  /** More pixels than we decode. */
  | 'tooManyPixels'
  /** More bytes than we read. */
  | 'tooManyBytes'
  /** Whatever is done to it, it stays above the family's limit. */
  | 'doesNotFit'
  /** The chosen part is not within the picture. */
  | 'badPart'
  /** The source is no https link, file URI or data URI. */
  | 'badSource'
  /** The file could not be read. */
  | 'unreadable'
  /** The part of us that works on pictures failed or took too long. */
  | 'failed';

/**
 * A picture is at fault, in words for the log. What leaves this room is an ImageError with a sentence for the user
 * (images.ts).
 */
export class ImageFileError extends Error {
  override readonly name = 'ImageFileError';
  readonly reason: ImageErrorReason;
  /** What the file is, for `otherKind`. */
  readonly kind: string | undefined;

  constructor(reason: ImageErrorReason, message: string, kind?: string) {
    super(message);
    this.reason = reason;
    this.kind = kind;
  }
}

/** Reads an image file; reading past its end means that it was cut off. */
export function imageReader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, (end) => new ImageFileError('truncated', `it ends before byte ${end}`));
}
