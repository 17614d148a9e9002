import { modelForbidden, type Account } from '../accounts';
import { GENERATIONS } from '../classify';
import type { Exchange } from '../exchange';
import { isExpired } from '../pretendTask';
import { errorE1, errorE2, json, type GatewayResponse } from '../gatewayResponse';
import { unknownTask } from '../routes/unknownTask';
import { waitIfDue, createTaskView } from '../routes/view';
import { readFileInChunks } from '../video/readFileInChunks';
import { channelFor } from './channels';
import { envelope, stockStatus, videoObject } from './responses';

const CHUNK_BYTES = 64 * 1_024;

/** `GET /v1/video/generations/{id}` and `GET /v1/videos/{id}`: the same task in two shapes. */
export async function stockQuery(exchange: Exchange, account: Account, id: string): Promise<GatewayResponse> {
  const { state, path } = exchange;
  const task = state.tasks.visibleTo(account.user, id);
  if (task === undefined) return unknownTask(state.shapes.unknownTask);
  await waitIfDue(state, task);
  const channel = channelFor(task.family);
  if (channel === undefined) return errorE2(501, 'not_implemented', `not_implemented:${task.family}`);
  const view = createTaskView(state, task);
  return json(
    200,
    path.startsWith(GENERATIONS) ? envelope(state, view, task, channel) : videoObject(view, task, channel),
  );
}

/** `GET /v1/videos/{id}/content`: the video's bytes, for every model. Its errors have no code. */
export async function content(exchange: Exchange, account: Account, id: string): Promise<GatewayResponse> {
  const { state, requestId } = exchange;
  // The request names no model, and a key that is limited to some models may not use "none".
  if (account.models !== undefined) return modelForbidden(state.dialect, '', requestId);
  const task = state.tasks.visibleTo(account.user, id);
  if (task === undefined) return failed(404, 'invalid_request_error', 'Task not found');
  await waitIfDue(state, task);
  const view = createTaskView(state, task);
  if (view.status !== 'succeeded') {
    const message = `Task is not completed yet, current status: ${stockStatus(view)}`;
    return failed(400, 'invalid_request_error', message);
  }
  const [video] = task.videos ?? [];
  if (video === undefined) return failed(502, 'server_error', 'Failed to fetch video content');
  if (isExpired(view, state.clock.now()))
    return failed(502, 'server_error', 'Upstream service returned status 404');
  return {
    status: 200,
    headers: { 'content-type': 'video/mp4', 'cache-control': 'public, max-age=86400' },
    body: {
      kind: 'stream',
      open: () => readFileInChunks(video.file, CHUNK_BYTES, 0, video.bytes),
      length: video.bytes,
    },
  };
}

const failed = (status: number, type: string, message: string): GatewayResponse =>
  errorE1(status, { message, type });
