import { createHash } from 'node:crypto';
import type { GatewayClient } from '../gateway/client';
import type { Access } from '../gateway/transport';
import type { VideoClient } from '../gateway/videoClient';
import type { VideoTarget } from '../gateway/downloadReply';
import { GatewayError } from '../gateway/errors';
import type { TaskState } from '../gateway/outcomes';
import { inlinePlace } from '../gateway/responseLinks';
import { DiskError } from '../common/fileSystem';
import type { Library, LibraryVideo } from '../library/library';
import type { PartFile } from '../library/partFile';
import { familyOf } from '../models/catalogue';
import { toErrorInfo, type Failures } from './failures';
import type { OriginKinds } from './originKinds';
import { describeTask } from '../store/sidecarTask';
import { possibleNames } from '../store/ownedFiles';
import type { TaskPatch } from '../store/taskPatch';
import type { TaskRecord } from '../store/record';
import { allotNames } from './videoNames';

type MarkedVideo = LibraryVideo & { readonly source?: string };

interface Parts {
  readonly client: GatewayClient;
  readonly videoClient: VideoClient;
  readonly library: Library;
  readonly failures: Failures;
  readonly kinds: OriginKinds;
}

/** One way to the bytes of a video. */
type Source =
  | { readonly kind: 'link'; readonly url: string }
  /** In the reply to a query, at this place. */
  | { readonly kind: 'inline'; readonly place: string }
  | { readonly kind: 'download' };

/** What one attempt brought in. */
export interface Fetched {
  readonly videos: readonly LibraryVideo[];
  /** Why each of the others is not here. */
  readonly failed: readonly Error[];
}

/** The task has come to its end while we looked for its video; how, the patch says. */
export class Ended extends Error {
  readonly patch: TaskPatch;

  constructor(patch: TaskPatch) {
    super('the task has ended');
    this.patch = patch;
  }
}

/** The video, or the way to it, is certainly not there; the cause has the details. */
export class Denied extends Error {}

/** The gateway says the task is done but not where its video is. */
export class NoVideoYet extends Error {}

/** One attempt to bring all videos of a finished task into the library (API reference 9). */
export class VideoFetch {
  readonly #parts: Parts;
  readonly #record: TaskRecord;
  readonly #access: Access;
  readonly #signal: AbortSignal;
  /** How many videos there are, how many of them are dealt with, and the one on its way. */
  #total = 0;
  #done = 0;
  #part: PartFile | undefined;
  /** The most that was told of it. */
  #furthest = 0;

  /** @param signal ends it; {@link run} then throws */
  constructor(parts: Parts, record: TaskRecord, access: Access, signal: AbortSignal) {
    this.#parts = parts;
    this.#record = record;
    this.#access = access;
    this.#signal = signal;
  }

  /**
   * How much of the videos has come, in whole percent up to 99; undefined while nobody can tell. Never less than the
   * last time: a way that leads nowhere is not told of.
   */
  progress(): number | undefined {
    const share = this.#part?.share;
    if (share === undefined) return undefined;
    const percent = Math.min(99, Math.floor((100 * (this.#done + share)) / this.#total));
    this.#furthest = Math.max(this.#furthest, percent);
    return this.#furthest;
  }

  /**
   * Fetches each video that is not in the library yet. One that fails doesn't keep the others from coming.
   * @throws {@link Ended}, {@link Denied}, {@link NoVideoYet}, GatewayError when none of them could be looked for
   */
  async run(): Promise<Fetched> {
    const places = await this.#locate();
    this.#total = places.length;
    const videos: LibraryVideo[] = [];
    const failed: Error[] = [];
    const about = describeTask(this.#record);
    const marks = marksOf(places);
    const { allotted, others } = await this.#allot(marks, about);
    for (const [position, allotment] of allotted.entries()) {
      try {
        videos.push(
          allotment.kind === 'here'
            ? allotment.video
            : await this.#fetchOne(allotment.name, places[position] ?? [], about, marks[position]),
        );
      } catch (error) {
        if (this.#signal.aborted) throw error;
        failed.push(error instanceof Error ? error : new Error(String(error)));
      } finally {
        this.#done++;
      }
    }
    return { videos: [...videos, ...others], failed };
  }

  /**
   * Where the videos are: for each, the ways to it in the order to try (API reference 9.2). After a dead link, and
   * where no link is known, the gateway is asked afresh.
   */
  async #locate(): Promise<Source[][]> {
    const record = this.#record;
    const byDownload = familyOf(record.request.model)?.result === 'download' || isSoraTask(record);
    const known = record.denials === 0 && (byDownload || record.links.length > 0);
    const links = known ? record.links : await this.#freshLinks();
    const download: Source[] = byDownload ? [{ kind: 'download' }] : [];
    if (links.length > 0)
      return links.map((link) => [sourceOf(link), ...(links.length === 1 ? download : [])]);
    if (byDownload) return [download];
    throw new NoVideoYet('the gateway names no video');
  }

  async #freshLinks(): Promise<readonly string[]> {
    const { client } = this.#parts;
    const outcome = await client.query(this.#access, this.#record.gatewayTaskId ?? '', this.#signal);
    switch (outcome.kind) {
      case 'task':
        switch (outcome.state.kind) {
          case 'failed':
          case 'expired':
            throw new Ended(this.#ending(outcome.state, outcome.status));
          case 'succeeded':
            return outcome.state.links;
          default:
            throw new NoVideoYet('the gateway says the task is not done after all');
        }
      case 'missing':
        throw new Denied('the task is not there', { cause: outcome.error });
      case 'keyRefused':
        throw new GatewayError('refused', outcome.error.message, {
          status: outcome.status,
          code: outcome.error.code,
        });
      case 'forbidden':
        throw new GatewayError('cut', outcome.error.message);
      case 'temporary':
        throw new GatewayError('cut', outcome.error.message, { retryAfterMs: outcome.retryAfterMs });
    }
  }

  /** How the task has ended, as the gateway says. */
  #ending(state: Extract<TaskState, { kind: 'failed' | 'expired' }>, status: number): TaskPatch {
    const { failures, kinds } = this.#parts;
    const error = { status, ...state.error };
    if (state.kind === 'expired') return { phase: 'lost', failure: failures.expired(true, error) };
    const { filteredCount } = state;
    return {
      phase: 'failed',
      failure:
        filteredCount === undefined
          ? failures.taskFailed(error, kinds.kindOf(this.#record.baseUrl))
          : failures.filtered(filteredCount, error),
    };
  }

  /** Which videos are here, and what the others are to be called. */
  async #allot(
    marks: readonly (string | undefined)[],
    about: unknown,
  ): Promise<ReturnType<typeof allotNames<MarkedVideo>>> {
    // The gateway may name fewer than it did: those that are here keep their names.
    const names = possibleNames(this.#record, marks.length);
    const { library } = this.#parts;
    const there: (MarkedVideo | undefined)[] = [];
    for (const name of names) {
      const video = await library.find(name, { task: about });
      const source = video && (await library.sidecarOf(video.file))?.video.source;
      there.push(video && { ...video, ...(source === undefined ? {} : { source }) });
    }
    return allotNames(marks, names, there);
  }

  async #fetchOne(
    name: string,
    sources: readonly Source[],
    about: unknown,
    mark: string | undefined,
  ): Promise<LibraryVideo> {
    const { library } = this.#parts;
    const video = await this.#bring(name, sources);
    await library.writeSidecar(video, { task: about, source: mark });
    await library.removeParts(name);
    return video;
  }

  /** Puts a video in place: one that came completely before, or else by the first way that works. */
  async #bring(name: string, sources: readonly Source[]): Promise<LibraryVideo> {
    const { library } = this.#parts;
    const earlier = await library.findPart(name);
    // The minute of retries was spent by the attempt that downloaded it.
    if (earlier) return library.place(earlier, name, 0);
    for (const [index, source] of sources.entries()) {
      const part = await library.createPart(name);
      this.#part = part;
      let isComplete = false;
      try {
        await this.#fetchFrom(source, part);
        const finished = await part.finish();
        if ('fault' in finished) throw finished.fault;
        isComplete = true;
        return await library.place(finished, name);
      } catch (error) {
        // Another way may lead there where this one doesn't; a full disk is the same on all of them.
        if (this.#signal.aborted || error instanceof DiskError || index === sources.length - 1) throw error;
      } finally {
        this.#part = undefined;
        // What came completely stays until it is in place.
        if (!isComplete) await part.discard();
      }
    }
    throw new NoVideoYet('there is no way to the video');
  }

  async #fetchFrom(source: Source, target: VideoTarget): Promise<void> {
    const { videoClient } = this.#parts;
    const [access, signal] = [this.#access, this.#signal];
    const id = this.#record.gatewayTaskId ?? '';
    try {
      if (source.kind === 'link') await videoClient.fetchLink(source.url, access, target, signal);
      else if (source.kind === 'inline')
        await videoClient.fetchInline(access, id, source.place, target, signal);
      else await videoClient.download(access, id, target, signal);
    } catch (error) {
      if (isDenial(error, source)) throw new Denied(toErrorInfo(error).message, { cause: error });
      throw error;
    }
  }
}

function sourceOf(link: string): Source {
  const place = inlinePlace(link);
  return place === undefined ? { kind: 'link', url: link } : { kind: 'inline', place };
}

/** Tells videos of a task apart by their links, whose signatures change from one answer to the next. */
function marksOf(places: readonly (readonly Source[])[]): readonly (string | undefined)[] {
  const marks = places.map(([first]) => {
    if (first?.kind !== 'link' || !URL.canParse(first.url)) return undefined;
    const { origin, pathname } = new URL(first.url);
    return createHash('sha256').update(`${origin}${pathname}`).digest('hex').slice(0, 16);
  });
  // Where all but the query is alike it tells nothing.
  return marks.map((mark) => (marks.indexOf(mark) === marks.lastIndexOf(mark) ? mark : undefined));
}

/** Only sora's ids begin so, and only sora has the download call (API reference 4.3, 6.0). */
function isSoraTask(record: TaskRecord): boolean {
  return record.gatewayTaskId?.startsWith('video_') === true;
}

/** Whether asking the same place again is useless (DESIGN 5, Fetch). */
function isDenial(error: unknown, source: Source): boolean {
  if (!(error instanceof GatewayError) || error.kind !== 'refused') return false;
  if (error.code === 'deadLink') return true;
  const gone = error.status === 404 || error.status === 410;
  // The download call answers 403 about the key, a result host about the link.
  return source.kind === 'link' ? gone || error.status === 401 || error.status === 403 : gone;
}
