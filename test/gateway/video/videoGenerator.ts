import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeVideo } from './encoder';
import type { RenderedVideo, VideoSpec } from './videoSpec';

/** Increase it when scene or encoder settings change, so that old files aren't reused. */
const LOOK_VERSION = 1;
/** Maximum number of encoders at once. More would only slow each other down on a small machine. */
const MAX_ENCODERS = 2;

/**
 * Generates videos and caches them on disk by content. Concurrent requests for the same video share one
 * encoder.
 */
export class VideoGenerator {
  readonly #encoder: string;
  readonly #folder: string;
  readonly #stopping = new AbortController();
  readonly #inProgress = new Map<string, Promise<RenderedVideo>>();
  readonly #waiting: (() => void)[] = [];
  #activeCount = 0;
  #encodes = 0;

  constructor(encoder: string, folder: string) {
    this.#encoder = encoder;
    this.#folder = folder;
  }

  /** How often the encoder ran. Cached videos don't count. */
  get encodes(): number {
    return this.#encodes;
  }

  generate(spec: VideoSpec): Promise<RenderedVideo> {
    const name = createHash('sha256')
      .update(JSON.stringify([LOOK_VERSION, spec]))
      .digest('hex')
      .slice(0, 32);
    const running = this.#inProgress.get(name);
    if (running !== undefined) return running;
    const generated = this.#generateFile(spec, join(this.#folder, `${name}.mp4`));
    this.#inProgress.set(name, generated);
    // Later requests check the disk again: a file may have been deleted, and a failed encode may succeed.
    const forget = (): void => void this.#inProgress.delete(name);
    generated.then(forget, forget);
    return generated;
  }

  /** Kills running encoders and waits until they have exited. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const next of this.#waiting.splice(0)) next();
    await Promise.allSettled(this.#inProgress.values());
  }

  async #generateFile(spec: VideoSpec, file: string): Promise<RenderedVideo> {
    const kept = await fileSize(file);
    if (kept !== undefined) return { file, bytes: kept };
    await mkdir(this.#folder, { recursive: true });
    await this.#enter();
    // Only a complete file may have the final name, because several gateways share the folder.
    const part = `${file}.${randomBytes(4).toString('hex')}.part`;
    try {
      this.#stopping.signal.throwIfAborted();
      this.#encodes += 1;
      await encodeVideo(this.#encoder, spec, part, this.#stopping.signal);
      await rename(part, file);
    } finally {
      this.#leave();
      await rm(part, { force: true });
    }
    return { file, bytes: (await stat(file)).size };
  }

  async #enter(): Promise<void> {
    if (this.#activeCount < MAX_ENCODERS || this.#stopping.signal.aborted) this.#activeCount += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    // The next waiter takes this slot, so the count doesn't change.
    if (next !== undefined) next();
    else this.#activeCount -= 1;
  }
}

async function fileSize(file: string): Promise<number | undefined> {
  try {
    const { size } = await stat(file);
    return size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
