import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { LibraryVideo } from '../library/library';
import type { CompletePart } from '../library/partFile';
import type { VideoRequest } from '../models/request';
import type { VideoRow } from '../task/videoRow';
import { FURTHEST_AHEAD } from './schedule';

/** Maximum number of videos that a request is believed to ask for, and that a task gets from its responses. */
const MAX_VIDEOS = 8;

/** Whether something is still to be done for a video. */
export function isPending({ state }: VideoRow): boolean {
  return state !== 'recorded' && state !== 'gone';
}

/** Whether a video has been received, and is still to be brought into the library. */
export function isReceived({ state }: VideoRow): boolean {
  return state === 'fetched' || state === 'placed';
}

/** Whether a video has been received, or is in the library. */
export function isHere(row: VideoRow): boolean {
  return row.state === 'recorded' || isReceived(row);
}

/** Whether the next step for a video is due. */
export function isDue(row: VideoRow, now: number): boolean {
  const { nextTry = 0 } = row;
  // What is further ahead than any wait was stored before the clock was set back.
  return isPending(row) && (nextTry <= now || nextTry > now + FURTHEST_AHEAD);
}

/**
 * How many videos a task has made at least: as many as requested and not filtered (API reference 7.3, 7.6, 9.2).
 * @param said what the gateway says of it
 */
export function leastCount(
  { options = {} }: VideoRequest,
  said: { readonly expectedCount?: number; readonly filteredCount?: number } = {},
): number {
  const { expectedCount = 1, filteredCount = 0 } = said;
  const requested = Number(options['sampleCount'] ?? options['n'] ?? 1);
  const count = Math.max(Number.isInteger(requested) ? requested : 1, expectedCount) - filteredCount;
  return Math.min(Math.max(1, count), MAX_VIDEOS);
}

/**
 * Brings the rows of a task's videos up to date with the links that the gateway names now. Rows never decrease. A link
 * belongs to the row with its mark; otherwise to a row of which nothing has been received, or one without a mark. If
 * as many rows as expected exist, a new mark doesn't mean a new video: the gateway may put a token into the path.
 * @param least how many videos there are at least
 */
export function matchVideos(
  rows: readonly VideoRow[],
  links: readonly string[],
  least: number,
): readonly VideoRow[] {
  const marks = marksOf(links);
  const matched = new Map<number, VideoRow>();
  const open = new Set(links.keys());
  const take = (index: number, row: VideoRow | undefined): void => {
    const link = links[index];
    if (!row || link === undefined || matched.has(row.position)) return;
    open.delete(index);
    const mark = marks[index] ?? row.mark;
    // What was received keeps the link that it came from.
    const isOther = isHere(row) && row.mark !== undefined && mark !== row.mark;
    matched.set(row.position, isOther ? row : { ...row, link, ...(mark === undefined ? {} : { mark }) });
  };
  const isFree = (row: VideoRow | undefined): row is VideoRow =>
    row !== undefined && !matched.has(row.position);
  const takeWhere = (fits: (row: VideoRow) => boolean): void => {
    for (const index of [...open]) {
      const same = rows[index];
      take(index, isFree(same) && fits(same) ? same : undefined);
    }
    for (const index of [...open])
      take(
        index,
        rows.find((row) => isFree(row) && fits(row)),
      );
  };
  for (const index of [...open]) {
    const mark = marks[index];
    if (mark !== undefined)
      take(
        index,
        rows.find((row) => row.mark === mark),
      );
  }
  takeWhere((row) => row.state === 'expected');
  takeWhere((row) => isHere(row) && row.mark === undefined);
  // Links that can't be told apart go by their order.
  for (const index of [...open]) if (marks[index] === undefined) take(index, rows[index]);
  if (rows.length >= least) takeWhere(() => true);
  const result = rows.map((row) => matched.get(row.position) ?? row);
  for (const index of open) {
    if (result.length >= MAX_VIDEOS) break;
    const [link, mark] = [links[index], marks[index]];
    const isNew = { position: result.length, state: 'expected' } as const;
    result.push({
      ...isNew,
      ...(link === undefined ? {} : { link }),
      ...(mark === undefined ? {} : { mark }),
    });
  }
  while (result.length < least) result.push({ position: result.length, state: 'expected' });
  return result;
}

/** Gives the link of a video to another one, because it was the other one's. */
export function moveLink(from: VideoRow, to: VideoRow): { readonly from: VideoRow; readonly to: VideoRow } {
  const { position, state, reason } = from;
  return {
    from: { position, state, ...(reason === undefined ? {} : { reason }) },
    to: { ...to, ...cleared(from), position: to.position },
  };
}

/** Identifies videos by their links, whose signatures differ in each response. */
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

/** The row of a video that was received, but isn't in place yet. */
export function fetchedRow(row: VideoRow, { file, bytes, sha256, info }: CompletePart): VideoRow {
  return {
    ...{ ...cleared(row), state: 'fetched', part: path.basename(file), bytes, sha256 },
    ...(info.isUnverified ? { unverified: true } : {}),
  };
}

/** The row of a video that is in the library with its sidecar. */
export function recordedRow(row: VideoRow, video: LibraryVideo): VideoRow {
  return { ...cleared(row), ...placedFacts(video), state: 'recorded' };
}

/** The row of a video that is in the library, but whose sidecar is missing. */
export function placedRow(row: VideoRow, video: LibraryVideo): VideoRow {
  return { ...cleared(row), ...placedFacts(video), state: 'placed' };
}

/** The row of a video that can be tried again from the beginning. */
export function expectedRow(row: VideoRow): VideoRow {
  return { ...cleared(row), state: 'expected' };
}

/** What stays of a row when a step succeeds. */
function cleared({ position, mark, link }: VideoRow): Pick<VideoRow, 'position' | 'mark' | 'link'> {
  return { position, ...(mark === undefined ? {} : { mark }), ...(link === undefined ? {} : { link }) };
}

function placedFacts(video: LibraryVideo): Omit<VideoRow, 'position' | 'state'> {
  const { file, bytes, sha256, width, height, durationSeconds, hasAudio, unverified } = video;
  return {
    ...{ file, bytes, sha256, width, height, durationSeconds, hasAudio, container: containerOf(file) },
    ...(unverified ? { unverified } : {}),
  };
}

function containerOf(file: string): NonNullable<VideoRow['container']> {
  const [, extension] = /\.(mp4|mov|webm)$/.exec(file) ?? [];
  return (extension as 'mp4' | 'mov' | 'webm' | undefined) ?? 'unknown';
}
