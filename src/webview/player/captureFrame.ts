import { MAX_FRAME_BYTES } from './protocol';

/** How long each step may take, in ms; the host waits a little longer. */
const STEP_LIMIT = 8_000;

/** After a seek its picture is drawn in a moment; so long is waited for the browser to say so, in ms. */
const DRAWING_LIMIT = 1_000;

/** So much before its end a video shows its last picture, in seconds: at the very end there may be none. */
const BEFORE_END = 0.001;

/**
 * Takes a picture of a video, at its own size, as PNG. It has an element of its own, so that nothing happens to the one
 * that a person looks at.
 * @param seconds where in the video; null: its last picture
 * @throws Error with a reason for the log, where the video can't be loaded or decoded
 */
export async function captureFrame(url: string, seconds: number | null): Promise<Uint8Array<ArrayBuffer>> {
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  // Its address is another origin's: only what was asked for so may be read from a canvas.
  video.crossOrigin = 'anonymous';
  try {
    const known = heard(video, 'loadedmetadata');
    video.src = url;
    await known;
    const end = Math.max(video.duration - BEFORE_END, 0);
    const sought = heard(video, 'seeked');
    video.currentTime = Math.min(seconds ?? end, end);
    const drawing = new Drawing(video);
    try {
      await sought;
      await drawing.done();
    } finally {
      drawing.dispose();
    }
    return await pictureOf(video);
  } finally {
    video.removeAttribute('src');
    // Lets go of the file and the decoder.
    video.load();
  }
}

/** Waits for an event of a video; its error, or silence, rejects. */
function heard(video: HTMLVideoElement, event: 'loadedmetadata' | 'seeked'): Promise<void> {
  const end = new AbortController();
  return new Promise<void>((resolve, reject) => {
    const listening = { signal: end.signal, once: true };
    video.addEventListener(event, () => resolve(), listening);
    video.addEventListener(
      'error',
      () => reject(new Error(`${video.error?.code ?? ''} ${video.error?.message ?? ''}`.trim())),
      listening,
    );
    const limit = setTimeout(() => reject(new Error(`no ${event} within ${STEP_LIMIT} ms`)), STEP_LIMIT);
    end.signal.addEventListener('abort', () => clearTimeout(limit));
  }).finally(() => end.abort());
}

/** Watches what a video draws after a seek: when it says that it has sought, it may not have drawn yet. */
class Drawing {
  readonly #video: HTMLVideoElement;
  #handle = 0;
  #hasDrawn = false;
  #onDrawn: () => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSought = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#watch();
  }

  /** Resolves when the picture that was sought is drawn; call it once that is found. */
  async done(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onDrawn = resolve;
      if (this.#isSought) resolve();
      // It may have come a moment before its video was ready.
      this.#timer = setTimeout(resolve, DRAWING_LIMIT);
    });
    if (!this.#hasDrawn) throw new Error('nothing was drawn');
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#video.cancelVideoFrameCallback(this.#handle);
  }

  #watch(): void {
    this.#handle = this.#video.requestVideoFrameCallback(() => {
      this.#hasDrawn = true;
      // While it seeks, what is drawn is still the old picture.
      if (this.#video.seeking) {
        this.#watch();
        return;
      }
      this.#isSought = true;
      this.#onDrawn();
    });
  }
}

async function pictureOf(video: HTMLVideoElement): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  if (!context || video.videoWidth === 0) throw new Error('there is no picture');
  context.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the picture could not be written');
  if (blob.size > MAX_FRAME_BYTES) throw new Error(`the picture has ${blob.size} bytes`);
  return new Uint8Array(await blob.arrayBuffer());
}
