import type { FrameSource } from '../../src/editor/generate/continueFromLastFrame';

type Asked = Parameters<FrameSource['captureFrame']>;

/** Plays the pages that take pictures of videos: test hosts have none that could decode one. */
export class FakeFrames implements FrameSource {
  /** What was asked for, in order. */
  readonly asked: Asked[] = [];
  /** What the next ones get; what it throws goes to who asked. */
  answer: () => Uint8Array = () => {
    throw new Error('Nobody expected that a frame is asked for.');
  };

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws must come as a rejection
  async captureFrame(...asked: Asked): Promise<Uint8Array> {
    this.asked.push(asked);
    return this.answer();
  }
}
