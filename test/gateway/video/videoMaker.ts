import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeVideo } from './encoder';
import type { RenderedVideo, VideoSpec } from './videoSpec';

/** Raised whenever scene or encoder settings change, so that old files are not mistaken for new ones. */
const LOOK_VERSION = 1;
/** More at once would only slow each other down on a small machine. */
const AT_ONCE = 2;

/** Makes videos, keeps them on disk by content, and encodes each only once however many ask for it. */
export class VideoMaker {
  readonly #encoder: string;
  readonly #folder: string;
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<string, Promise<RenderedVideo>>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #encodes = 0;

  constructor(encoder: string, folder: string) {
    this.#encoder = encoder;
    this.#folder = folder;
  }

  /** How often the encoder really ran: what was in the cache does not count. */
  get encodes(): number {
    return this.#encodes;
  }

  make(spec: VideoSpec): Promise<RenderedVideo> {
    const name = createHash('sha256')
      .update(JSON.stringify([LOOK_VERSION, spec]))
      .digest('hex')
      .slice(0, 32);
    const running = this.#underWay.get(name);
    if (running !== undefined) return running;
    const made = this.#makeFile(spec, join(this.#folder, `${name}.mp4`));
    this.#underWay.set(name, made);
    // Later requests look at the disk again: a file may have been deleted, a failed encode may succeed.
    const forget = (): void => void this.#underWay.delete(name);
    made.then(forget, forget);
    return made;
  }

  /** Kills running encoders and waits until they are gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const next of this.#waiting.splice(0)) next();
    await Promise.allSettled(this.#underWay.values());
  }

  async #makeFile(spec: VideoSpec, file: string): Promise<RenderedVideo> {
    const kept = await sizeOf(file);
    if (kept !== undefined) return { file, bytes: kept };
    await mkdir(this.#folder, { recursive: true });
    await this.#enter();
    // Only a whole file may ever carry the real name; several gateways share the folder.
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
    if (this.#busy < AT_ONCE || this.#stopping.signal.aborted) this.#busy += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    // The place passes to the next in line, so the count stays.
    if (next !== undefined) next();
    else this.#busy -= 1;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const { size } = await stat(file);
    return size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
