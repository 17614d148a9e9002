/** Why a file isn't a complete video. */
export type VideoFileErrorReason =
  /** Data is missing: download it again. */
  | 'incomplete'
  /** Inconsistent, or in an unknown format: download it again. */
  | 'unreadable'
  /** Not a video at all. */
  | 'empty'
  | 'webPage'
  | 'text';

/** A file isn't a complete video. */
export class VideoFileError extends Error {
  override readonly name = 'VideoFileError';
  readonly reason: VideoFileErrorReason;
  /** Beginning of the file, if it's text: it may say why there is no video. */
  readonly text: string | undefined;

  constructor(reason: VideoFileErrorReason, message: string, text?: string) {
    super(message);
    this.reason = reason;
    this.text = text;
  }

  /** True if it may be kept when the same bytes arrive a second time. */
  get mayBeVideo(): boolean {
    return this.reason === 'incomplete' || this.reason === 'unreadable';
  }
}
