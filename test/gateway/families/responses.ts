import type { ResponseShapes } from '../gatewayOptions';
import { failureFields, seconds, type TaskView } from './family';

/** The responses that differ by family. The other documented shapes are the same for all. */
export interface FamilyResponses {
  /** The documented response to a submit (S1, S3, S4, S5 or S6 in API reference 4.2). */
  readonly full: unknown;
  /** The response as the code writes it, if it differs (S3b). */
  readonly code?: unknown;
  /** The vendor's object, as older builds pass it on (S8). */
  readonly vendor: Record<string, unknown>;
}

/** The response to a submit in the requested shape (API reference 4.2). */
export function submitResponse(task: TaskView, { submit }: ResponseShapes, own: FamilyResponses): unknown {
  const id = task.id;
  switch (submit) {
    case 'full':
      return own.full;
    case 'short':
      return { task_id: id, status: 'submitted', format: 'mp4' };
    case 'code':
      return own.code ?? own.full;
    case 'bare':
      return { task_id: id };
    case 'envelope':
      return submitEnvelope(task);
    case 'envelopeText':
      return { code: 'success', message: '', data: id };
    case 'oldPage':
      return {
        ...{ id, object: 'video.generation', status: 'pending', model: task.model },
        ...{ created: seconds(task.createdAt), prompt: task.prompt, duration: task.specs[0]?.seconds },
      };
    case 'vendor':
      return own.vendor;
  }
}

/** S6. */
export const submitEnvelope = (task: TaskView): unknown => ({
  code: 'success',
  message: '',
  data: {
    ...{ task_id: task.id, action: 'video_generation', status: 'SUBMITTED' },
    submit_time: seconds(task.createdAt),
  },
});

/**
 * The response to a query (API reference 5) of a family whose videos are links.
 * @param metadata the vendor's object in Q3 and later shapes
 */
export function queryResponse(
  task: TaskView,
  shapes: ResponseShapes,
  metadata: Record<string, unknown>,
): Record<string, unknown> {
  const shape = task.failure?.shape ?? shapes.failure;
  // F5 exists only in the envelope.
  if (shapes.query === 'envelope' || (task.failure !== null && shape === 'F5')) return queryEnvelope(task);
  const url = getTaskUrl(task);
  const start = { task_id: task.id, status: task.status, format: 'mp4' };
  const failure = task.failure === null ? {} : failureFields(task.failure, shape);
  if (shapes.query === 'slim') return { ...start, ...(url === undefined ? {} : { url }), ...failure };
  const inner: unknown = 'metadata' in failure ? failure['metadata'] : {};
  return {
    ...start,
    ...{ url: url ?? '', error: null },
    ...failure,
    metadata: { ...metadata, ...(inner as Record<string, unknown>) },
  };
}

/** A link, a list if there are several, the word `expired`, or empty so far (API reference 5.2, 9.2, 11). */
export function getTaskUrl(task: TaskView): unknown {
  if (task.status !== 'succeeded') return undefined;
  if (task.expired) return 'expired';
  return task.links.length > 1 ? task.links : task.links[0];
}

/** Q4, Q11 and F5: progress as a text with a percent sign, statuses in capitals, the link deep inside. */
export function queryEnvelope(task: TaskView): Record<string, unknown> {
  const vendorStatuses = {
    unknown: 'NOT_START',
    queued: 'QUEUED',
    in_progress: 'IN_PROGRESS',
    succeeded: 'SUCCESS',
    failed: 'FAILURE',
  };
  const [spec] = task.specs;
  const video = {
    ...{ video_url: getTaskUrl(task), duration: spec?.seconds },
    ...{ width: spec?.width, height: spec?.height, fps: spec?.framesPerSecond },
  };
  return {
    code: 'success',
    message: '',
    data: {
      ...{ task_id: task.id, action: 'video_generation', status: vendorStatuses[task.status] },
      fail_reason: task.failure?.message ?? '',
      submit_time: seconds(task.createdAt),
      start_time: task.status === 'unknown' || task.status === 'queued' ? 0 : seconds(task.createdAt),
      finish_time: task.finishedAt === null ? 0 : seconds(task.finishedAt),
      progress: `${task.progress}%`,
      data: task.status === 'succeeded' ? video : {},
    },
  };
}
