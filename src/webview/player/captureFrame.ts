import { MAX_FRAME_BYTES } from './protocol';

/** Timeout for each step. The host's own timeout is slightly longer. */
const STEP_TIMEOUT_MS = 8_000;

/** Timeout for the frame callback after a seek. */
const FRAME_TIMEOUT_MS = 1_000;

/** Distance from the end at which to capture the last frame. There may be no frame at the very end. */
const END_OFFSET_SECONDS = 0.001;

/**
 * Captures a video frame as PNG at its original size. Uses a separate video element, so the visible one isn't
 * affected.
 * @param seconds position in the video, or null for the last frame
 * @throws Error with a reason for the log if the video can't be loaded or decoded
 */
export async function captureFrame(url: string, seconds: number | null): Promise<Uint8Array<ArrayBuffer>> {
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  // The URL has another origin. Without CORS, the canvas can't be read.
  video.crossOrigin = 'anonymous';
  try {
    const loaded = waitForEvent(video, 'loadedmetadata');
    video.src = url;
    await loaded;
    const end = Math.max(video.duration - END_OFFSET_SECONDS, 0);
    const seeked = waitForEvent(video, 'seeked');
    video.currentTime = Math.min(seconds ?? end, end);
    const watcher = new FrameWatcher(video);
    try {
      await seeked;
      await watcher.waitForFrame();
    } finally {
      watcher.dispose();
    }
    return await encodeFrame(video);
  } finally {
    video.removeAttribute('src');
    // Releases the file and the decoder.
    video.load();
  }
}

/** Waits for an event of a video. Rejects on a media error or after the timeout. */
function waitForEvent(video: HTMLVideoElement, event: 'loadedmetadata' | 'seeked'): Promise<void> {
  const controller = new AbortController();
  return new Promise<void>((resolve, reject) => {
    const options = { signal: controller.signal, once: true };
    video.addEventListener(event, () => resolve(), options);
    video.addEventListener(
      'error',
      () => reject(new Error(`${video.error?.code ?? ''} ${video.error?.message ?? ''}`.trim())),
      options,
    );
    const timeout = setTimeout(
      () => reject(new Error(`no ${event} within ${STEP_TIMEOUT_MS} ms`)),
      STEP_TIMEOUT_MS,
    );
    controller.signal.addEventListener('abort', () => clearTimeout(timeout));
  }).finally(() => controller.abort());
}

/** Waits until the frame after a seek is drawn. The `seeked` event can fire before that. */
class FrameWatcher {
  readonly #video: HTMLVideoElement;
  #callbackId = 0;
  #hasDrawn = false;
  #onDrawn: () => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSeekedFrameDrawn = false;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    this.#watch();
  }

  /** Resolves when the frame is drawn. Call it after the `seeked` event. */
  async waitForFrame(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onDrawn = resolve;
      if (this.#isSeekedFrameDrawn) resolve();
      // The frame may have been drawn before `seeked` fired.
      this.#timer = setTimeout(resolve, FRAME_TIMEOUT_MS);
    });
    if (!this.#hasDrawn) throw new Error('no frame was drawn');
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#video.cancelVideoFrameCallback(this.#callbackId);
  }

  #watch(): void {
    this.#callbackId = this.#video.requestVideoFrameCallback(() => {
      this.#hasDrawn = true;
      // During a seek, the callback is for the old frame.
      if (this.#video.seeking) {
        this.#watch();
        return;
      }
      this.#isSeekedFrameDrawn = true;
      this.#onDrawn();
    });
  }
}

async function encodeFrame(video: HTMLVideoElement): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  if (!context || video.videoWidth === 0) throw new Error('no frame is available');
  context.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the frame could not be encoded');
  if (blob.size > MAX_FRAME_BYTES) throw new Error(`the frame has ${blob.size} bytes`);
  return new Uint8Array(await blob.arrayBuffer());
}
