/** Why a file isn't a complete video. */
export type VideoFileFault =
  /** Something is missing: download it again. */
  | 'incomplete'
  /** Contradicts itself, or is nothing we know: download it again. */
  | 'unreadable'
  /** Not a video at all. */
  | 'empty'
  | 'webPage'
  | 'text';

/** The file is at fault, not the disk. */
export class VideoFileError extends Error {
  override readonly name = 'VideoFileError';
  readonly fault: VideoFileFault;
  /** The beginning of the file, if it's text: it may say why there is no video. */
  readonly text: string | undefined;

  constructor(fault: VideoFileFault, message: string, text?: string) {
    super(message);
    this.fault = fault;
    this.text = text;
  }

  /** Whether it's kept all the same if the same bytes come a second time. */
  get mayBeVideo(): boolean {
    return this.fault === 'incomplete' || this.fault === 'unreadable';
  }
}
