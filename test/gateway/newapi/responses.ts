import type { GatewayState } from '../exchange';
import { seconds, type TaskView } from '../families/family';
import type { PretendTask, StockTask } from '../pretendTask';
import type { StockChannel } from './channels';

/** Statuses in new-api's table of tasks. */
const STATUS_NAMES = {
  unknown: 'NOT_START',
  queued: 'QUEUED',
  in_progress: 'IN_PROGRESS',
  succeeded: 'SUCCESS',
  failed: 'FAILURE',
} as const;

export const stockStatus = (task: TaskView): string =>
  task.status === 'queued' && task.isJustSubmitted ? 'SUBMITTED' : STATUS_NAMES[task.status];

/** Text with a percent sign. Channels without progress use fixed steps. */
function formatProgress(task: TaskView): string {
  if (task.family === 'sora' && task.status === 'in_progress') return `${task.progress}%`;
  const steps = { NOT_START: 0, SUBMITTED: 10, QUEUED: 20, IN_PROGRESS: 30, SUCCESS: 100, FAILURE: 100 };
  return `${steps[stockStatus(task) as keyof typeof steps]}%`;
}

/** The gateway's route to the video, which needs the key. */
export const contentUrl = (state: GatewayState, id: string): string =>
  `${state.baseUrl}/v1/videos/${id}/content`;

/** The video's URL as the query reports it. */
function resultUrl(state: GatewayState, task: TaskView, channel: StockChannel): string {
  if (task.status !== 'succeeded') return '';
  if (channel.result === 'content') return contentUrl(state, task.id);
  return task.expired ? '' : (task.links[0] ?? '');
}

/** The response to a submit: OpenAI's video object, without an envelope. */
export function submitObject(
  task: TaskView,
  stock: StockTask,
  channel: StockChannel,
): Record<string, unknown> {
  const ids = { id: task.id, task_id: task.id };
  // Sora's own object, with the gateway's ID.
  if (task.family === 'sora') {
    return {
      ...channel.providerObject?.({ ...task, status: 'queued', progress: 0 }, stock.upstreamId),
      ...ids,
    };
  }
  return {
    ...ids,
    ...{
      object: 'video',
      model: task.model,
      status: 'queued',
      progress: 0,
      created_at: seconds(task.createdAt),
    },
  };
}

/**
 * The response to a query on the generic route: a row of the site's table, with the provider's object inside.
 */
export function envelope(
  state: GatewayState,
  task: TaskView,
  { stock, account }: Pick<PretendTask, 'stock' | 'account'>,
  channel: StockChannel,
): Record<string, unknown> {
  const url = resultUrl(state, task, channel);
  if (channel.providerObject === undefined)
    return { code: 'success', message: '', data: directObject(state, task, url) };
  const hasStarted = task.status !== 'unknown' && task.status !== 'queued';
  const updatedAt = task.finishedAt ?? task.createdAt;
  const row = {
    ...{ id: stock?.number, created_at: seconds(task.createdAt), updated_at: seconds(updatedAt) },
    ...{ task_id: task.id, platform: stock?.platform, user_id: 1, group: account?.group, channel_id: 8 },
    ...{
      quota: state.ledger.taskMoney(task.id)?.points ?? 0,
      action: stock?.action,
      status: stockStatus(task),
    },
    fail_reason: task.failure?.message ?? '',
    ...(url === '' ? {} : { result_url: url }),
    submit_time: seconds(task.createdAt),
    start_time: hasStarted ? seconds(task.createdAt) : 0,
    finish_time: task.finishedAt === null ? 0 : seconds(task.finishedAt),
    progress: formatProgress(task),
    properties: { input: '', upstream_model_name: task.model, origin_model_name: task.model },
    data: task.status === 'unknown' ? null : channel.providerObject(task, stock?.upstreamId ?? ''),
  };
  return { code: 'success', message: '', data: row };
}

/**
 * The response of Vertex AI and Gemini: not a row but a different shape, without billing. Vertex delivers the
 * video as base64, which the gateway doesn't pass on. Then the link is empty, and only the content route has
 * the video.
 */
function directObject(state: GatewayState, task: TaskView, url: string): Record<string, unknown> {
  const statusNames = {
    ...{ unknown: 'processing', queued: 'queued', in_progress: 'processing' },
    ...{ succeeded: 'succeeded', failed: 'failed' },
  };
  return {
    ...{ error: null, format: 'mp4', metadata: null, status: statusNames[task.status], task_id: task.id },
    url: task.failure?.message ?? (state.shapes.video === 'inline' ? '' : url),
  };
}

/** The response to `GET /v1/videos/{id}`: OpenAI's object. The link is in `metadata` or missing. */
export function videoObject(
  task: TaskView,
  { stock }: Pick<PretendTask, 'stock'>,
  channel: StockChannel,
): Record<string, unknown> {
  if (task.family === 'sora')
    return { ...channel.providerObject?.(task, stock?.upstreamId ?? ''), id: task.id };
  const statusNames = {
    ...{ unknown: 'unknown', queued: 'queued', in_progress: 'in_progress' },
    ...{ succeeded: 'completed', failed: 'failed' },
  };
  const link = task.expired ? '' : (task.links[0] ?? '');
  return {
    ...{ id: task.id, object: 'video', model: task.model, status: statusNames[task.status] },
    progress: Number.parseInt(formatProgress(task), 10),
    ...{ created_at: seconds(task.createdAt), completed_at: seconds(task.finishedAt ?? task.createdAt) },
    // The converter for Vertex AI supports neither links nor errors.
    ...(channel.result === 'link' ? { metadata: { url: link } } : {}),
    ...(task.failure !== null && channel.result === 'link'
      ? { error: { message: task.failure.message, code: task.failure.code } }
      : {}),
  };
}
