import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { withoutUndefined } from '../common/withoutUndefined';
import type { LibraryVideo } from '../library/library';
import type { CompletePart } from '../library/partFile';
import type { Catalog } from '../models/catalog';
import type { VideoRequest } from '../models/request';
import type { VideoRow } from '../task/videoRow';
import { MAX_DUE_AHEAD_MS, isPast } from './intervals';

/** Higher counts in a request or response are wrong. */
const MAX_VIDEOS = 8;

/** Returns true if a video still has steps to do. */
export function isPending({ state }: VideoRow): boolean {
  return state !== 'recorded' && state !== 'gone';
}

/** Returns true if a video was received, but isn't recorded in the library yet. */
export function isReceived({ state }: VideoRow): boolean {
  return state === 'fetched' || state === 'placed';
}

/** Returns true if a video was received or is in the library. */
export function hasVideo(row: VideoRow): boolean {
  return row.state === 'recorded' || isReceived(row);
}

export function isDue(row: VideoRow, now: number): boolean {
  return isPending(row) && isPast(row.nextTry, now, MAX_DUE_AHEAD_MS);
}

/**
 * Returns the number of videos requested minus those filtered, at least 1 (API reference 7.3, 7.6, 9.2).
 * @param reported counts in the gateway's response
 */
export function minVideoCount(
  catalog: Catalog,
  request: Pick<VideoRequest, 'model' | 'options'>,
  reported: { readonly expectedCount?: number; readonly filteredCount?: number } = {},
): number {
  const { expectedCount = 1, filteredCount = 0 } = reported;
  const requested = catalog.requestedCount(request);
  const count = Math.max(Number.isInteger(requested) ? requested : 1, expectedCount) - filteredCount;
  return Math.min(Math.max(1, count), MAX_VIDEOS);
}

/**
 * Updates the rows of a task's videos with the gateway's current links. Rows are never removed. A link belongs to the row
 * with its mark; otherwise to a row whose video wasn't received, or to one without a mark. If there are as many rows as
 * expected, a new mark doesn't mean a new video: the gateway may put a token into the path.
 * @param minCount minimum number of videos
 */
export function matchVideos(
  rows: readonly VideoRow[],
  links: readonly string[],
  minCount: number,
): readonly VideoRow[] {
  const marks = marksOf(links);
  const matched = new Map<number, VideoRow>();
  const open = new Set(links.keys());
  const take = (index: number, row: VideoRow | undefined): void => {
    const link = links[index];
    if (!row || link === undefined || matched.has(row.position)) return;
    open.delete(index);
    const mark = marks[index] ?? row.mark;
    // A received video keeps the link that it came from.
    const isOther = hasVideo(row) && row.mark !== undefined && mark !== row.mark;
    matched.set(row.position, isOther ? row : { ...row, link, ...withoutUndefined({ mark }) });
  };
  const isFree = (row: VideoRow | undefined): row is VideoRow =>
    row !== undefined && !matched.has(row.position);
  const takeWhere = (fits: (row: VideoRow) => boolean): void => {
    for (const index of [...open]) {
      const same = rows[index];
      take(index, isFree(same) && fits(same) ? same : undefined);
    }
    for (const index of [...open]) {
      const free = rows.find((row) => isFree(row) && fits(row));
      take(index, free);
    }
  };
  for (const index of [...open]) {
    const marked = marks[index] === undefined ? undefined : rows.find(({ mark }) => mark === marks[index]);
    take(index, marked);
  }
  takeWhere((row) => row.state === 'expected');
  takeWhere((row) => hasVideo(row) && row.mark === undefined);
  // Links without a mark are matched by position.
  for (const index of [...open]) if (marks[index] === undefined) take(index, rows[index]);
  if (rows.length >= minCount) takeWhere(() => true);
  const result = rows.map((row) => matched.get(row.position) ?? row);
  for (const index of open) {
    if (result.length >= MAX_VIDEOS) break;
    const optional = withoutUndefined({ link: links[index], mark: marks[index] });
    result.push({ position: result.length, state: 'expected', ...optional });
  }
  while (result.length < minCount) result.push({ position: result.length, state: 'expected' });
  return result;
}

/** Moves a link to the row that it belongs to. */
export function moveLink(from: VideoRow, to: VideoRow): { readonly from: VideoRow; readonly to: VideoRow } {
  const { position, state, reason } = from;
  return {
    from: { position, state, ...withoutUndefined({ reason }) },
    to: { ...to, ...keepLink(from), position: to.position },
  };
}

/** Creates marks that identify videos by their links, without signatures that differ in each response. */
function marksOf(links: readonly string[]): readonly (string | undefined)[] {
  const marks = links.map((link) => {
    const url = URL.canParse(link) ? new URL(link) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) return undefined;
    return createHash('sha256')
      .update(url.origin + url.pathname)
      .digest('hex')
      .slice(0, 16);
  });
  // Links that differ only in the query can't be told apart.
  return marks.map((mark) => (marks.indexOf(mark) === marks.lastIndexOf(mark) ? mark : undefined));
}

/** Creates the row of a video that was received, but isn't in the library yet. */
export function fetchedRow(row: VideoRow, { file, bytes, sha256, info }: CompletePart): VideoRow {
  return {
    ...{ ...keepLink(row), state: 'fetched', part: path.basename(file), bytes, sha256 },
    ...(info.isUnverified ? { unverified: true } : {}),
  };
}

/** Creates the row of a video in the library, without its sidecar (`placed`) or with it (`recorded`). */
export function libraryRow(row: VideoRow, video: LibraryVideo, state: 'placed' | 'recorded'): VideoRow {
  const { file, bytes, sha256, width, height, durationSeconds, hasAudio, unverified } = video;
  const [, container = 'unknown'] = /\.(mp4|mov|webm)$/.exec(file) ?? [];
  return {
    ...{ ...keepLink(row), state, container: container as NonNullable<VideoRow['container']> },
    ...{ file, bytes, sha256, width, height, durationSeconds, hasAudio },
    ...(unverified ? { unverified } : {}),
  };
}

/** Creates the row of a video to download from scratch. */
export function expectedRow(row: VideoRow): VideoRow {
  return { ...keepLink(row), state: 'expected' };
}

/** Fields that stay when a step succeeds. */
function keepLink({ position, mark, link }: VideoRow): Pick<VideoRow, 'position' | 'mark' | 'link'> {
  return { position, ...withoutUndefined({ mark, link }) };
}
