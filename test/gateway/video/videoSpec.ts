/** Everything that determines a video's bytes. */
export interface VideoSpec {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** Index in front of the media. */
  readonly faststart: boolean;
  readonly audio: boolean;
  /** Determines colors, movement and tone. A different look gives a different video. */
  readonly look: string;
}

export interface RenderedVideo {
  readonly file: string;
  readonly bytes: number;
}
