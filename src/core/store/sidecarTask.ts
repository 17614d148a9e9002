import * as z from 'zod/mini';
import { videoRequestSchema, type VideoRequest } from '../models/request';
import type { TaskRecord } from './record';

const sidecarTask = z.object({
  id: z.string(),
  gatewayTaskId: z.optional(z.string()),
  origin: z.string(),
  keyId: z.string(),
  request: videoRequestSchema,
  basedOn: z.optional(z.string()),
  createdAt: z.number(),
  submittedAt: z.optional(z.number()),
  succeededAt: z.optional(z.number()),
  /** Number of videos that the task has. */
  videos: z.optional(z.number()),
});

/** A task in a video's sidecar: enough to restore it, nothing secret. */
export interface SidecarTask extends Readonly<Omit<z.infer<typeof sidecarTask>, 'request'>> {
  readonly request: VideoRequest;
}

/** Describes a task for the sidecars of its videos. @param videos number of videos that the task has */
export function toSidecarTask(record: TaskRecord, videos = record.links.length): SidecarTask {
  return {
    id: record.id,
    gatewayTaskId: record.gatewayTaskId,
    origin: record.baseUrl,
    keyId: record.keyId,
    request: record.request,
    basedOn: record.basedOn,
    createdAt: record.createdAt,
    submittedAt: record.submittedAt,
    succeededAt: record.succeededAt,
    videos: Math.max(1, videos),
  };
}

/** Reads a sidecar's task; undefined if it's invalid. */
export function parseSidecarTask(task: unknown): SidecarTask | undefined {
  return sidecarTask.safeParse(task).data;
}

/** Creates a record for a task of which only videos are left. */
export function recordFromSidecar(task: SidecarTask): TaskRecord {
  const { id, createdAt, succeededAt, keyId, request, gatewayTaskId, submittedAt, basedOn } = task;
  return {
    ...EMPTY,
    ...{ id, createdAt, succeededAt, keyId, request, gatewayTaskId, submittedAt, basedOn },
    updatedAt: succeededAt ?? createdAt,
    phase: 'saved',
    baseUrl: task.origin,
  };
}

/** Creates a record from a request, without any other facts. */
export function newRecord(
  task: Pick<TaskRecord, 'id' | 'baseUrl' | 'keyId' | 'request' | 'bodySha256' | 'basedOn' | 'nextDue'>,
  now: number,
): TaskRecord {
  return { ...EMPTY, ...task, phase: 'draft', createdAt: now, updatedAt: now };
}

const EMPTY: Omit<TaskRecord, 'id' | 'phase' | 'baseUrl' | 'keyId' | 'request' | 'createdAt' | 'updatedAt'> =
  {
    version: 1,
    bodySha256: '',
    gatewayTaskId: undefined,
    progress: undefined,
    failure: undefined,
    submittedAt: undefined,
    succeededAt: undefined,
    expiresAt: undefined,
    nextDue: undefined,
    consecutiveErrors: 0,
    notFoundCount: 0,
    lastNotFoundAt: undefined,
    links: [],
    diskBlockedMs: 0,
    diskFailedAt: undefined,
    notifiedAt: undefined,
    seenAt: undefined,
    exportedAt: undefined,
    deletedAt: undefined,
    idSource: undefined,
    fetchProgress: undefined,
    basedOn: undefined,
    money: [],
  };
