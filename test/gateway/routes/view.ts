import type { GatewayState } from '../exchange';
import type { TaskView } from '../families/family';
import { isExpired, type PretendTask } from '../pretendTask';
import { json, type GatewayResponse } from '../gatewayResponse';
import { readFileInChunks } from '../video/readFileInChunks';
import { createResultLink } from './results';

/** A multiple of three, so that the base64 of the chunks can be concatenated. */
const CHUNK_BYTES = 3 * 16 * 1024;

/**
 * With a manual clock, waits for the encoder: a due task has ended, however slow the machine is. With a
 * running clock, the task just takes a little longer.
 */
export async function waitIfDue(state: GatewayState, task: PretendTask): Promise<void> {
  if (!state.clock.isRunning && state.clock.now() >= task.dueAt) await task.whenEncoded();
}

/** Returns the current state of a task with links to its videos. */
export function createTaskView(state: GatewayState, task: PretendTask): TaskView {
  const now = state.clock.now();
  const snapshot = task.at(now);
  const link = (_: unknown, index: number): string =>
    state.shapes.video === 'inline'
      ? inlinePlaceholder(state, index)
      : createResultLink(state, snapshot, index);
  const links = snapshot.status === 'succeeded' ? task.specs.map(link) : [];
  return { ...snapshot, details: task.details, links, expired: isExpired(snapshot, now) };
}

/** Placeholder for a data URI until the response is sent. It's secret, so no prompt can contain it. */
const inlinePlaceholder = (state: GatewayState, index: number): string =>
  `inline-${state.linkSecret}-${index}`;

/**
 * Builds a JSON response and streams the video as a data URI in place of each mark (Q9 in API reference 5.2).
 */
export function taskResponse(state: GatewayState, task: PretendTask, value: unknown): GatewayResponse {
  const parts = JSON.stringify(value).split(new RegExp(`inline-${state.linkSecret}-(\\d+)`));
  if (parts.length === 1) return json(200, value);
  return {
    ...json(200, {}),
    body: { kind: 'stream', open: () => withVideos(parts, task) },
  };
}

async function* withVideos(parts: readonly string[], task: PretendTask): AsyncGenerator<Buffer> {
  for (const [position, part] of parts.entries()) {
    // Every second part is the index of a video.
    const video = position % 2 === 1 ? task.videos?.[Number(part)] : undefined;
    if (video === undefined) yield Buffer.from(part);
    else {
      yield Buffer.from('data:video/mp4;base64,');
      for await (const chunk of readFileInChunks(video.file, CHUNK_BYTES)) {
        yield Buffer.from(chunk.toString('base64'), 'latin1');
      }
    }
  }
}
