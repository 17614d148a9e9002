/** What a video must be: everything that decides its bytes. */
export interface VideoSpec {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** Index in front of the media. */
  readonly faststart: boolean;
  readonly audio: boolean;
  /** Decides colours, movement and tone: different look, different video. */
  readonly look: string;
}

export interface RenderedVideo {
  readonly file: string;
  readonly bytes: number;
}
