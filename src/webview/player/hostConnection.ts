import { toPage, type Action, type FramePosition, type ToHost, type ToPage } from './protocol';

/** What the editor gives a page. */
interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** How a request to the host ended. */
export type Answer = Pick<Extract<ToPage, { type: 'done' }>, 'error' | 'note'>;

type Told = Exclude<ToPage, { type: 'done' }>;

/** The page's side of the conversation with its host. */
export class HostConnection {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #requests = 0;

  /** What the editor kept for this page; anything. */
  get state(): unknown {
    return this.#api.getState();
  }

  keepState(state: unknown): void {
    this.#api.setState(state);
  }

  /** Begins to listen, and says so. */
  listen(onTold: (told: Told) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = toPage.safeParse(event.data);
      // Not for us, or from another version: the next whole view mends it.
      if (!parsed.success) return;
      const message = parsed.data;
      if (message.type !== 'done') {
        onTold(message);
        return;
      }
      this.#waiting.get(message.request)?.(message);
      this.#waiting.delete(message.request);
    });
    this.#api.postMessage({ type: 'ready' });
  }

  /**
   * Asks the host to do something. It always answers, also when it could not.
   * @param moment what it is about, where that is not the task as a whole
   */
  async run(action: Action, moment?: FramePosition): Promise<Answer> {
    const request = ++this.#requests;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(request, resolve));
    this.#api.postMessage({ type: 'run', request, action, ...(moment && { moment }) });
    return answer;
  }

  /** Gives the picture that was asked for. */
  giveFrame(request: number, png: Uint8Array<ArrayBuffer>): void {
    this.#api.postMessage({ type: 'frame', request, png });
  }

  /** Tells that the picture could not be taken. */
  refuseFrame(request: number, reason: string): void {
    this.#api.postMessage({ type: 'noFrame', request, reason: reason.slice(0, 500) });
  }

  /** Tells that the video can't be played here. */
  tellFailed(reason: string): void {
    this.#api.postMessage({ type: 'videoFailed', reason: reason.slice(0, 500) });
  }
}
