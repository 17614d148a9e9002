import type { GatewayState } from '../exchange';
import type { TaskView } from '../families/family';
import { isExpired, type PretendTask } from '../pretendTask';
import { json, type Reply } from '../reply';
import { readFileInChunks } from '../video/readFileInChunks';
import { resultLink } from './results';

/** A multiple of three, so that the base64 of the pieces is the base64 of the whole. */
const CHUNK_BYTES = 3 * 16 * 1024;

/**
 * Where gateway time stands still, waiting for the encoder takes none of it: a due task has ended, however slow the
 * machine is. Where it runs alone the task simply goes on a little longer.
 */
export async function settleIfDue(state: GatewayState, task: PretendTask): Promise<void> {
  if (!state.clock.runsAlone && state.clock.now() >= task.dueAt) await task.whenEncoded();
}

/** A task at this moment with the links to its videos, for its family to word. */
export function viewOf(state: GatewayState, task: PretendTask): TaskView {
  const now = state.clock.now();
  const snapshot = task.at(now);
  const link = (_: unknown, index: number): string =>
    state.shapes.video === 'inline' ? inlineMark(state, index) : resultLink(state, snapshot, index);
  const links = snapshot.status === 'succeeded' ? task.specs.map(link) : [];
  return { ...snapshot, details: task.details, links, expired: isExpired(snapshot, now) };
}

/** Stands for a data URI until the reply is sent: nobody can write it into a prompt. */
const inlineMark = (state: GatewayState, index: number): string => `inline-${state.linkSecret}-${index}`;

/** A reply as JSON; where a mark stands, the video itself is streamed as a data URI (Q9 in API reference 5.2). */
export function taskReply(state: GatewayState, task: PretendTask, value: unknown): Reply {
  const parts = JSON.stringify(value).split(new RegExp(`inline-${state.linkSecret}-(\\d+)`));
  if (parts.length === 1) return json(200, value);
  return {
    ...json(200, {}),
    body: { kind: 'stream', open: () => withVideos(parts, task) },
  };
}

async function* withVideos(parts: readonly string[], task: PretendTask): AsyncGenerator<Buffer> {
  for (const [position, part] of parts.entries()) {
    // Every second part is the number of a video.
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
