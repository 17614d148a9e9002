import { Worker } from 'node:worker_threads';
import type { Clock } from '../common/clock';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError } from '../common/log';
import type { FittedImage } from './fitImage';
import { ImageFileError } from './imageFileError';
import type { FitJob, FitResponse } from './workerProtocol';

/** Fits images outside the extension host's thread. */
export interface ImageProcessor extends Disposable {
  /**
   * Fits an image.
   * @throws ImageFileError; the signal's reason if it's aborted
   */
  fit(job: FitJob, signal?: AbortSignal): Promise<FittedImage>;
}

/** Idle time before the worker is terminated, because decoding photos leaves it with much memory. */
const IDLE_MS = 20_000;
/** Larger images terminate the worker when they are done, because WebAssembly memory never shrinks. */
const RESTART_WORKER_ABOVE_PIXELS = 8_000_000;
/** Timeout for one image, longer than the largest one takes. */
const TIMEOUT_MS = 120_000;

interface PendingJob {
  readonly job: FitJob;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (fitted: FittedImage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Owns the thread that fits images, one at a time. It's started for the first image, and terminated when idle, after a
 * damaged or large image, when the current job is canceled, and on disposal.
 */
export class ImageWorker implements ImageProcessor {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #timer = new MutableDisposable();
  readonly #queue: PendingJob[] = [];
  #worker: Worker | undefined;
  #current: PendingJob | undefined;
  #disposed = false;

  /** @param file absolute path of the worker's bundle */
  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  fit(job: FitJob, signal?: AbortSignal): Promise<FittedImage> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#disposed) throw new ImageFileError('failed', 'the image worker is disposed');
      const abort = () => this.#abandon(pending);
      const settle = () => signal?.removeEventListener('abort', abort);
      const pending: PendingJob = {
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
      this.#queue.push(pending);
      this.#next();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer.dispose();
    this.#endWorker();
    const closed = new ImageFileError('failed', 'the image worker is disposed');
    for (const pending of [this.#current, ...this.#queue.splice(0)]) pending?.reject(closed);
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
    // Don't pass the environment: it may contain an API key.
    const worker = new Worker(this.#file, { env: {}, execArgv: [], name: 'nebula-video-images' });
    const isCurrent = () => this.#worker === worker;
    worker.on('message', (response: FitResponse) => isCurrent() && this.#handleResponse(response));
    worker.on('error', (error) => isCurrent() && this.#fail(describeError(error)));
    worker.on('exit', (code) => isCurrent() && this.#fail(`the thread ended with code ${code}`));
    return worker;
  }

  #handleResponse(response: FitResponse): void {
    const current = this.#current;
    this.#current = undefined;
    if ('fitted' in response) {
      const { width, height } = response.fitted.original;
      if (width * height > RESTART_WORKER_ABOVE_PIXELS) this.#endWorker();
      current?.resolve(response.fitted);
    } else {
      // A codec that failed may have corrupted its memory.
      if (response.reason === 'damaged' || response.reason === 'failed') this.#endWorker();
      current?.reject(new ImageFileError(response.reason, response.message, response.kind));
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

  /** Removes a job after its signal was aborted. */
  #abandon(pending: PendingJob): void {
    const index = this.#queue.indexOf(pending);
    if (index !== -1) this.#queue.splice(index, 1);
    if (this.#current === pending) {
      // A codec can't be interrupted in any other way.
      this.#endWorker();
      this.#current = undefined;
      this.#next();
    }
    pending.reject(pending.signal?.reason as Error);
  }

  #endWorker(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}
