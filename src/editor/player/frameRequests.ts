import type { Disposable } from '../../core/common/disposable';
import type { ToPage } from '../../webview/player/protocol';
import type { AppContext } from '../common/appContext';

/** Why a picture of a video could not be had. */
export type FrameErrorReason =
  /** The tab was closed. */
  | 'closed'
  /** The page did not answer. */
  | 'late'
  /** The page could not load or decode the video. */
  | 'unplayable'
  /** The video's file is not there. */
  | 'missing'
  /** What came is no picture of this video. */
  | 'damaged';

/** A picture of a video could not be had; the message is for the log. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly reason: FrameErrorReason;

  constructor(reason: FrameErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Which picture of which video. */
export type FrameRequest = Pick<Extract<ToPage, { type: 'captureFrame' }>, 'url' | 'seconds'>;

interface Dependencies extends Pick<AppContext, 'clock'> {
  readonly tell: (message: ToPage) => void;
}

interface Pending {
  readonly message: Extract<ToPage, { type: 'captureFrame' }>;
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (fault: FrameError) => void;
}

/** How long a page may take for a picture, in ms; it is there in a moment, unless the page is still to be loaded. */
export const FRAME_TIMEOUT_MS = 20_000;

/** What a page was asked for, and has not answered yet. */
export class FrameRequests implements Disposable {
  readonly #deps: Dependencies;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #isDisposed = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Asks the page for a picture.
   * @returns what the page says is a PNG; nobody has looked at it yet
   * @throws {@link FrameError} `closed`, `late` or `unplayable`
   */
  async ask(wish: FrameRequest): Promise<Uint8Array> {
    if (this.#isDisposed) throw new FrameError('closed', 'the page is closed');
    const request = ++this.#requests;
    const message = { type: 'captureFrame', request, ...wish } as const;
    const limit = this.#deps.clock.setTimeout(
      () => this.#pending.get(request)?.reject(new FrameError('late', 'the page did not answer')),
      FRAME_TIMEOUT_MS,
    );
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#pending.set(request, { message, resolve, reject });
        this.#deps.tell(message);
      });
    } finally {
      limit.dispose();
      this.#pending.delete(request);
    }
  }

  /** The page has only begun to listen, so it may have missed what it was asked for. It answers each request once. */
  askAgain(): void {
    for (const { message } of this.#pending.values()) this.#deps.tell(message);
  }

  /** The page has taken a picture. */
  taken(request: number, png: Uint8Array): void {
    this.#pending.get(request)?.resolve(png);
  }

  /** The page could not take it. */
  refused(request: number, reason: string): void {
    this.#pending.get(request)?.reject(new FrameError('unplayable', reason));
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { reject } of this.#pending.values()) reject(new FrameError('closed', 'the page was closed'));
  }
}
