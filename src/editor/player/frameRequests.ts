import type { Disposable } from '../../core/common/disposable';
import type { ToPage } from '../../webview/player/protocol';
import type { AppContext } from '../common/appContext';

/** Why a frame couldn't be captured. */
export type FrameErrorReason =
  /** The tab was closed. */
  | 'closed'
  /** The page didn't respond in time. */
  | 'late'
  /** The page couldn't load or decode the video. */
  | 'unplayable'
  /** The video file is missing. */
  | 'missing'
  /** The data isn't a PNG of the expected size. */
  | 'damaged';

/** Thrown if a frame couldn't be captured. The message is for the log. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly reason: FrameErrorReason;

  constructor(reason: FrameErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export type FrameRequest = Pick<Extract<ToPage, { type: 'captureFrame' }>, 'url' | 'seconds'>;

interface Dependencies extends Pick<AppContext, 'clock'> {
  readonly postMessage: (message: ToPage) => void;
}

interface Pending {
  readonly message: Extract<ToPage, { type: 'captureFrame' }>;
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: FrameError) => void;
}

/** Timeout for a frame. It includes the time to load the page. */
export const FRAME_TIMEOUT_MS = 20_000;

/** Frame requests to a page that are still pending. */
export class FrameRequests implements Disposable {
  readonly #deps: Dependencies;
  readonly #pending = new Map<number, Pending>();
  #lastRequest = 0;
  #isDisposed = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Requests a frame from the page.
   * @returns the PNG from the page, not validated
   * @throws {@link FrameError} `closed`, `late`, or `unplayable`
   */
  async request(frame: FrameRequest): Promise<Uint8Array> {
    if (this.#isDisposed) throw new FrameError('closed', 'the page is closed');
    const id = ++this.#lastRequest;
    const message = { type: 'captureFrame', request: id, ...frame } as const;
    const timeout = this.#deps.clock.setTimeout(
      () => this.#pending.get(id)?.reject(new FrameError('late', 'the page did not respond')),
      FRAME_TIMEOUT_MS,
    );
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#pending.set(id, { message, resolve, reject });
        this.#deps.postMessage(message);
      });
    } finally {
      timeout.dispose();
      this.#pending.delete(id);
    }
  }

  /** Sends pending requests again when the page is ready: it may have missed them. It responds to each request once. */
  resend(): void {
    for (const { message } of this.#pending.values()) this.#deps.postMessage(message);
  }

  resolve(request: number, png: Uint8Array): void {
    this.#pending.get(request)?.resolve(png);
  }

  reject(request: number, reason: string): void {
    this.#pending.get(request)?.reject(new FrameError('unplayable', reason));
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { reject } of this.#pending.values()) reject(new FrameError('closed', 'the page was closed'));
  }
}
