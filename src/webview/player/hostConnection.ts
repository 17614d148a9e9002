import { toPage, type Action, type FramePosition, type ToHost, type ToPage } from './protocol';

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export type RunResult = Pick<Extract<ToPage, { type: 'done' }>, 'error' | 'note'>;

type HostMessage = Exclude<ToPage, { type: 'done' }>;

/** The page's end of the message channel to the host. */
export class HostConnection {
  readonly #api = acquireVsCodeApi();
  readonly #pending = new Map<number, (result: RunResult) => void>();
  #lastRequest = 0;

  /** The webview state that the editor restored. Not validated. */
  get state(): unknown {
    return this.#api.getState();
  }

  setState(state: unknown): void {
    this.#api.setState(state);
  }

  /** Listens for messages and requests the first view from the host. */
  listen(onMessage: (message: HostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = toPage.safeParse(event.data);
      // From another source or another version. The next full view corrects it.
      if (!parsed.success) return;
      const { data } = parsed;
      if (data.type !== 'done') {
        onMessage(data);
        return;
      }
      this.#pending.get(data.request)?.(data);
      this.#pending.delete(data.request);
    });
    this.#api.postMessage({ type: 'ready' });
  }

  /**
   * Runs an action in the host. Never rejects: failures are in the result.
   * @param position the frame the action is about, if it isn't about the task as a whole
   */
  async run(action: Action, position?: FramePosition): Promise<RunResult> {
    const request = ++this.#lastRequest;
    const result = new Promise<RunResult>((resolve) => this.#pending.set(request, resolve));
    this.#api.postMessage({ type: 'run', request, action, ...(position && { position }) });
    return result;
  }

  sendFrame(request: number, png: Uint8Array<ArrayBuffer>): void {
    this.#api.postMessage({ type: 'frame', request, png });
  }

  sendFrameError(request: number, reason: string): void {
    this.#api.postMessage({ type: 'frameError', request, reason: reason.slice(0, 500) });
  }

  reportVideoFailed(reason: string): void {
    this.#api.postMessage({ type: 'videoFailed', reason: reason.slice(0, 500) });
  }
}
