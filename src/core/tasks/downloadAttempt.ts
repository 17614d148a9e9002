import * as path from 'node:path';
import type { Evidence } from '../common/evidence';
import { DiskError } from '../common/fileSystem';
import { describeError } from '../common/log';
import { withoutUndefined } from '../common/withoutUndefined';
import { originOf } from '../gateway/baseUrl';
import { GatewayError } from '../gateway/errors';
import { inlineVideoPath } from '../gateway/responseLinks';
import type { VideoAccess } from '../gateway/transport';
import type { VideoSource } from '../gateway/videoClient';
import { nameOf } from '../library/library';
import type { CompletePart, PartFile } from '../library/partFile';
import { VideoFileError } from '../library/videoFileError';
import { candidateFileNames } from '../store/ownedFiles';
import type { TaskRecord } from '../store/record';
import { toSidecarTask } from '../store/sidecarTask';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import type { VideoRow } from '../task/videoRow';
import { classifyErrors, scheduleRetry, type DownloadProblem, type SourceError } from './downloadRetry';
import type { Failures } from './failures';
import { queryForLinks, type LinkQueryResult } from './freshLinks';
import {
  fetchedRow,
  hasVideo,
  isPending,
  isReceived,
  minVideoCount,
  libraryRow,
  matchVideos,
  moveLink,
} from './videoRows';
import type { TaskServices } from './taskServices';

/** Retry interval after a link returned another row's video. Long, because each attempt is a whole download. */
const DUPLICATE_RETRY_MS = 5 * 60_000;

export interface AttemptResult {
  readonly rows: readonly VideoRow[];
  readonly ended?: TaskPatch;
  readonly patch: TaskPatch;
  /** Set if the key was refused, which blocks all tasks of the origin. */
  readonly keyRefused?: StoredFailure;
  /** Rate limit that the gateway asked for, in ms. */
  readonly pauseMs?: number;
  /** True if the gateway accepted the key. */
  readonly hasUsedKey?: boolean;
}

/** Returns true if the next step for a video needs the gateway, and therefore the key. */
export function needsGateway(row: VideoRow, record: TaskRecord): boolean {
  if (row.state !== 'expected') return false;
  const { link, refusedSince } = row;
  if (link === undefined || refusedSince !== undefined || inlineVideoPath(link) !== undefined) return true;
  return !URL.canParse(link) || new URL(link).origin === originOf(record.baseUrl);
}

/** One attempt to bring the missing videos of a finished task into the library, step by step (DESIGN 4.13). */
export class DownloadAttempt {
  readonly #deps: TaskServices;
  readonly #record: TaskRecord;
  readonly #failures: Failures;
  readonly #rows: VideoRow[];
  readonly #access: VideoAccess;
  readonly #signal: AbortSignal;
  readonly #names: readonly string[];
  #part: PartFile | undefined;
  #progress = 0;
  #patch: TaskPatch = {};
  readonly #evidence: Evidence[] = [];
  #pauseMs: number | undefined;
  /** Set if the gateway doesn't know the task. */
  #notFound: StoredFailure | undefined;
  /** Positions of videos that the gateway no longer lists, although it lists others. */
  readonly #unlisted = new Set<number>();
  #links: readonly string[];
  #hasUsedKey = false;
  /** Set if the query gave no information. */
  #queryError: StoredFailure | undefined;

  /**
   * @param access without a key, only public links are downloaded
   * @param signal cancels the attempt; {@link run} then throws
   */
  constructor(
    deps: TaskServices,
    record: TaskRecord,
    rows: readonly VideoRow[],
    access: VideoAccess,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#record = record;
    this.#failures = deps.failures(record.baseUrl);
    this.#rows = [...rows];
    this.#links = record.links;
    this.#access = access;
    this.#signal = signal;
    this.#names = candidateFileNames(record, rows.length);
  }

  /** Progress over all videos, 0 to 99; undefined if unknown. Never decreases. */
  progress(): number | undefined {
    const share = this.#part?.share;
    if (share === undefined) return undefined;
    const done = this.#rows.filter((row) => !isPending(row)).length;
    const percent = Math.min(99, Math.floor((100 * (done + share)) / this.#rows.length));
    this.#progress = Math.max(this.#progress, percent);
    return this.#progress;
  }

  /** @param due positions of the videos to try */
  async run(due: ReadonlySet<number>): Promise<AttemptResult> {
    // Place received videos first, because the query may end the task.
    for (const [index, row] of this.#rows.entries()) {
      if (isReceived(row) && due.has(row.position)) this.#rows[index] = await this.#advance(row);
    }
    const needsQuery = this.#rows.some((row) => due.has(row.position) && this.#needsQuery(row));
    if (needsQuery && this.#access.key) {
      const { baseUrl, key } = this.#access;
      const known = new Set(this.#rows.map(({ position }) => position));
      const response = await queryForLinks(this.#deps, this.#record, { baseUrl, key }, this.#signal);
      const result = this.#applyQuery(response, due);
      if (result?.ended) await this.#keepUnverified();
      if (result) return { rows: this.#rows, patch: this.#patch, ...result };
      // Also try videos that the gateway didn't list before.
      due = new Set([...due, ...this.#rows.map(({ position }) => position).filter((one) => !known.has(one))]);
    }
    for (const [index, row] of this.#rows.entries()) {
      if (row.state === 'expected' && due.has(row.position)) this.#rows[index] = await this.#advance(row);
    }
    return {
      rows: this.#rows,
      patch: { ...this.#patch, evidence: [...(this.#patch.evidence ?? []), ...this.#evidence] },
      hasUsedKey: this.#hasUsedKey,
      ...withoutUndefined({ pauseMs: this.#pauseMs }),
    };
  }

  /** Places downloads that couldn't be verified: a video that may not play is better than none. */
  async #keepUnverified(): Promise<void> {
    for (const [index, row] of this.#rows.entries()) {
      if (row.state !== 'expected' || row.part === undefined) continue;
      const part = await this.#deps.library.keepUnverified(row.part);
      if (part) this.#rows[index] = await this.#advance(fetchedRow(row, part));
    }
  }

  /** Returns a video's file name without extension. Rows of older versions may use the name of another position. */
  #fileName(row: VideoRow): string {
    const taken = new Set(
      this.#rows.flatMap(({ file }) => (file === undefined || file === row.file ? [] : nameOf(file))),
    );
    const own = this.#names[row.position] ?? '';
    return taken.has(own) ? (this.#names.find((name) => !taken.has(name)) ?? own) : own;
  }

  #needsQuery(row: VideoRow): boolean {
    if (row.state !== 'expected') return false;
    return row.refusedSince !== undefined || (row.link === undefined && !this.#hasDownloadCall());
  }

  /** Returns true if the task has the documented download call (API reference 4.3, 6.0). */
  #hasDownloadCall(): boolean {
    const { request, gatewayTaskId } = this.#record;
    return this.#deps.catalog.resultRoute(request.model, gatewayTaskId) === 'download';
  }

  /** Applies the gateway's response. @returns a result if the attempt ends here */
  #applyQuery(response: LinkQueryResult, due: ReadonlySet<number>): Partial<AttemptResult> | undefined {
    const { clock } = this.#deps;
    if (response.kind === 'ended') return { ended: response.patch };
    this.#patch = response.patch;
    switch (response.kind) {
      case 'links': {
        const { links, refusedLinks } = response.state;
        const minCount = minVideoCount(this.#deps.catalog, this.#record.request, response.state);
        this.#rows.splice(0, Infinity, ...matchVideos(this.#rows, links, minCount));
        this.#hasUsedKey = true;
        if (links.length > 0) this.#links = links;
        for (const { position, link } of links.length > 0 ? this.#rows : []) {
          if (link === undefined || !links.includes(link)) this.#unlisted.add(position);
        }
        const [refused] = refusedLinks;
        const reason = refused && this.#failures.linkRefused(refused);
        if (reason) this.#updateDue(due, (row) => (row.link === undefined ? { ...row, reason } : row));
        return undefined;
      }
      case 'blocked':
        this.#updateDue(due, (row) =>
          this.#needsQuery(row)
            ? { ...row, nextTry: clock.now() + response.waitMs, reason: response.failure }
            : row,
        );
        return response.isKeyRefused ? { keyRefused: response.failure } : {};
      case 'notFound':
        this.#notFound = response.failure;
        return undefined;
      case 'noInfo':
        this.#queryError = response.failure;
        this.#pauseMs = response.retryAfterMs;
        return undefined;
    }
  }

  #updateDue(due: ReadonlySet<number>, change: (row: VideoRow) => VideoRow): void {
    for (const [index, row] of this.#rows.entries())
      if (due.has(row.position)) this.#rows[index] = change(row);
  }

  /** Runs the remaining steps of a video: receive, place, write the sidecar. */
  async #advance(row: VideoRow): Promise<VideoRow> {
    const { library, log } = this.#deps;
    const name = this.#fileName(row);
    const facts = { task: toSidecarTask(this.#record, this.#rows.length), source: row.mark };
    let current = row;
    try {
      let video = await library.find(name, facts, known(row));
      if (video) {
        await library.removeParts(name);
        return libraryRow(row, video, 'recorded');
      }
      const earlier = await library.findPart(name, row);
      const received = earlier ? { part: earlier } : await this.#receive(row, name);
      if ('row' in received) return received.row;
      const { part } = received;
      const duplicate = earlier ? undefined : this.#findDuplicate(row, part);
      if (duplicate) return await this.#rejectDuplicate(row, duplicate, part);
      current = fetchedRow(row, part);
      // A part from an earlier attempt has already been retried for a minute.
      video = await library.commitPart(part, name, earlier ? 0 : undefined);
      current = libraryRow(row, video, 'placed');
      await library.writeSidecar(video, facts);
      await library.removeParts(name);
      if (video.unverified) log.warn(`task ${this.#record.id}: ${video.file} couldn't be verified`);
      return libraryRow(row, video, 'recorded');
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof DiskError)) throw error;
      log.warn(`task ${this.#record.id}: ${describeError(error)}`);
      const problem: DownloadProblem = { kind: 'disk', reason: this.#failures.diskFailed(error) };
      // Attempts are counted per step.
      const attempts = current.state === row.state ? row.attempts : undefined;
      return this.#retryLater({ ...current, ...withoutUndefined({ attempts }) }, problem);
    }
  }

  #retryLater(row: VideoRow, problem: DownloadProblem): VideoRow {
    return scheduleRetry(row, this.#record, problem, this.#failures, this.#deps.clock.now());
  }

  /** Finds another row with the same bytes, unless the gateway lists both videos. */
  #findDuplicate({ position }: VideoRow, { sha256 }: CompletePart): VideoRow | undefined {
    return this.#rows.find(
      (one) =>
        one.position !== position &&
        hasVideo(one) &&
        one.sha256 === sha256 &&
        !(one.link !== undefined && this.#links.includes(one.link)),
    );
  }

  /** Discards a duplicate and gives its link to the other row. */
  async #rejectDuplicate(row: VideoRow, duplicate: VideoRow, part: CompletePart): Promise<VideoRow> {
    const { library, log } = this.#deps;
    log.warn(`task ${this.#record.id}: video ${row.position} is the same as video ${duplicate.position}`);
    await library.removePart(path.basename(part.file));
    const { from, to } = moveLink(row, duplicate);
    this.#rows[this.#rows.indexOf(duplicate)] = to;
    return this.#retryLater(from, {
      ...{ kind: 'noLink', reason: this.#failures.noVideo() },
      retryAfterMs: DUPLICATE_RETRY_MS,
    });
  }

  async #receive(
    row: VideoRow,
    name: string,
  ): Promise<{ readonly part: CompletePart } | { readonly row: VideoRow }> {
    const { library, log } = this.#deps;
    const errors: SourceError[] = [];
    let current = row;
    for (const { source, isFallback } of this.#sources(row)) {
      // A temporary error of the host says nothing about the link.
      const hasTried = errors.some((one) => !one.isFallback);
      if (isFallback && hasTried && !classifyErrors(errors, this.#failures, true).isRefused) break;
      const part = await library.createPart(name);
      this.#part = part;
      try {
        const finished = await this.#receiveFrom(source, part, current.refusedSha256);
        if (!('error' in finished)) {
          this.#hasUsedKey ||= source.kind !== 'link';
          return { part: finished };
        }
        errors.push({ source, isFallback, error: finished.error });
        if (finished.error.mayBeVideo) {
          // Keep it until a better download replaces it.
          if (current.part !== undefined) await library.removePart(current.part);
          current = { ...current, part: path.basename(part.file), refusedSha256: finished.sha256 };
        } else await part.discard();
      } catch (error) {
        await part.discard();
        if (this.#signal.aborted || !(error instanceof GatewayError)) throw error;
        errors.push({ source, isFallback, error });
        if (error.evidence) this.#evidence.push(error.evidence);
      } finally {
        this.#part = undefined;
      }
    }
    for (const { source, error } of errors) {
      const message = error instanceof Error ? error.message : describeError(error);
      log.warn(`task ${this.#record.id}: ${source.kind}: ${message}`);
    }
    const next = this.#retryLater(current, this.#toProblem(row, errors));
    if (next.state !== 'gone' || next.part === undefined) return { row: next };
    const kept = await library.keepUnverified(next.part);
    return kept ? { part: kept } : { row: next };
  }

  #toProblem(row: VideoRow, errors: readonly SourceError[]): DownloadProblem {
    const isSilent = this.#queryError !== undefined;
    const problem = { ...classifyErrors(errors, this.#failures, row.link !== undefined), isSilent };
    if (problem.pauseMs !== undefined) this.#pauseMs = problem.pauseMs;
    if (this.#notFound !== undefined && problem.kind !== 'temporary') {
      return { ...problem, kind: 'notFound', reason: this.#notFound };
    }
    if (problem.kind === 'refused' && this.#unlisted.has(row.position)) return { ...problem, kind: 'noLink' };
    if (problem.kind !== 'noLink') return problem;
    if (this.#queryError !== undefined) return { ...problem, kind: 'temporary', reason: this.#queryError };
    return row.reason?.code === 'fetch.linkRefused'
      ? { ...problem, kind: 'refused', reason: row.reason }
      : problem;
  }

  async #receiveFrom(
    source: VideoSource,
    part: PartFile,
    refusedSha256: string | undefined,
  ): Promise<Awaited<ReturnType<PartFile['finish']>>> {
    const videoClient = await this.#deps.videoClient();
    const id = this.#record.gatewayTaskId ?? '';
    const received = await videoClient.download(source, this.#access, id, part, this.#signal);
    const { bytes, declaredBytes = bytes, evidence } = received;
    const message = `the video has ${bytes} bytes, but the response declares ${declaredBytes}`;
    const mismatch = declaredBytes === bytes ? undefined : new VideoFileError('incomplete', message);
    const finished = await part.finish(refusedSha256, mismatch);
    if ('error' in finished) this.#evidence.push(evidence());
    return finished;
  }

  /** Lists the sources to try, best first (API reference 9.2). The gateway's own routes serve one video per task. */
  #sources(row: VideoRow): readonly { readonly source: VideoSource; readonly isFallback: boolean }[] {
    const { link } = row;
    const place = link === undefined ? undefined : inlineVideoPath(link);
    const sources: { source: VideoSource; isFallback: boolean }[] = [];
    if (place !== undefined) sources.push({ source: { kind: 'inline', place }, isFallback: false });
    else if (link !== undefined) sources.push({ source: { kind: 'link', link }, isFallback: false });
    if (this.#access.key !== undefined && this.#rows.length === 1) {
      sources.push({ source: { kind: 'download' }, isFallback: !this.#hasDownloadCall() });
      sources.push({ source: { kind: 'content' }, isFallback: true });
    }
    return sources;
  }
}

function known({ bytes, sha256 }: VideoRow): { readonly bytes: number; readonly sha256: string } | undefined {
  return bytes === undefined || sha256 === undefined ? undefined : { bytes, sha256 };
}
