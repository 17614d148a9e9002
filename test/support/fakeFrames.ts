import type { FrameSource } from '../../src/editor/generate/continueFromLastFrame';

type Asked = Parameters<FrameSource['captureFrame']>;

/** Fakes the pages that capture frames of videos, because test hosts can't decode any. */
export class FakeFrames implements FrameSource {
  readonly asked: Asked[] = [];
  /** Creates the next frame. Errors are passed to the caller. */
  answer: () => Uint8Array = () => {
    throw new Error('Nobody expected that a frame is asked for.');
  };

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must become rejections
  async captureFrame(...asked: Asked): Promise<Uint8Array> {
    this.asked.push(asked);
    return this.answer();
  }
}
