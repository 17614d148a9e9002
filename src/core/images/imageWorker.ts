import { Worker } from 'node:worker_threads';
import type { Clock } from '../common/clock';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError } from '../common/log';
import type { FittedImage } from './fitImage';
import { ImageFileError } from './imageFileError';
import type { FitJob, FitResponse } from './workerProtocol';

/** Does the heavy work on pictures. */
export interface ImageProcessor extends Disposable {
  /**
   * Fits one picture.
   * @throws ImageFileError; the signal's reason when it is aborted
   */
  fit(job: FitJob, signal?: AbortSignal): Promise<FittedImage>;
}

/** The worker ends when it had nothing to do for so long, in ms: decoded photos leave it large. */
const IDLE_MS = 20_000;
/** After a picture of so many pixels it ends at once: what a codec's memory has grown to it never gives back. */
const RESTART_WORKER_ABOVE_PIXELS = 8_000_000;
/** Longer than any picture within our limits takes, in ms. */
const TIMEOUT_MS = 120_000;

interface Waiting {
  readonly job: FitJob;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (fitted: FittedImage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Owns the thread that works on pictures: started with the first one, one picture at a time, ended when idle, after a
 * damaged or a large one, when the current work is cancelled, and with its owner.
 */
export class ImageWorker implements ImageProcessor {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #timer = new MutableDisposable();
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #disposed = false;

  /** @param file absolute path of the worker's bundle */
  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  fit(job: FitJob, signal?: AbortSignal): Promise<FittedImage> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#disposed) throw new ImageFileError('failed', 'the workshop is closed');
      const abort = () => this.#abandon(waiting);
      const settle = () => signal?.removeEventListener('abort', abort);
      const waiting: Waiting = {
        job,
        signal,
        resolve: (fitted) => {
          settle();
          resolve(fitted);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer.dispose();
    this.#endWorker();
    const closed = new ImageFileError('failed', 'the workshop is closed');
    for (const waiting of [this.#current, ...this.#queue.splice(0)]) waiting?.reject(closed);
    this.#current = undefined;
  }

  #next(): void {
    if (this.#current || this.#disposed) return;
    this.#current = this.#queue.shift();
    if (!this.#current) {
      this.#worker?.unref();
      const idle = this.#worker && this.#clock.setTimeout(() => this.#endWorker(), IDLE_MS);
      this.#timer.set(idle);
      return;
    }
    this.#timer.set(this.#clock.setTimeout(() => this.#fail('it took too long'), TIMEOUT_MS));
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    worker.postMessage(this.#current.job);
  }

  #start(): Worker {
    // It needs nothing of our environment, where a key may be.
    const worker = new Worker(this.#file, { env: {}, execArgv: [], name: 'nebula-video-images' });
    const isOurs = () => this.#worker === worker;
    worker.on('message', (reply: FitResponse) => isOurs() && this.#replied(reply));
    worker.on('error', (error) => isOurs() && this.#fail(describeError(error)));
    worker.on('exit', (code) => isOurs() && this.#fail(`the thread ended with code ${code}`));
    return worker;
  }

  #replied(reply: FitResponse): void {
    const current = this.#current;
    this.#current = undefined;
    if ('fitted' in reply) {
      const { width, height } = reply.fitted.original;
      if (width * height > RESTART_WORKER_ABOVE_PIXELS) this.#endWorker();
      current?.resolve(reply.fitted);
    } else {
      // A codec that gave up may have left its memory in disorder.
      if (reply.fault === 'damaged' || reply.fault === 'failed') this.#endWorker();
      current?.reject(new ImageFileError(reply.fault, reply.message, reply.kind));
    }
    this.#next();
  }

  #fail(message: string): void {
    this.#endWorker();
    const current = this.#current;
    this.#current = undefined;
    current?.reject(new ImageFileError('failed', message));
    this.#next();
  }

  /** Nobody waits for it any longer. */
  #abandon(waiting: Waiting): void {
    const index = this.#queue.indexOf(waiting);
    if (index !== -1) this.#queue.splice(index, 1);
    if (this.#current === waiting) {
      // Codecs can't be interrupted otherwise.
      this.#endWorker();
      this.#current = undefined;
      this.#next();
    }
    waiting.reject(waiting.signal?.reason as Error);
  }

  #endWorker(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}
