import * as z from 'zod';
import { videoRequestSchema, type VideoRequest } from '../models/request';
import type { TaskRecord } from './record';

const sidecarTask = z.object({
  id: z.string(),
  gatewayTaskId: z.string().optional(),
  origin: z.string(),
  keyId: z.string(),
  request: videoRequestSchema,
  basedOn: z.string().optional(),
  createdAt: z.number(),
  submittedAt: z.number().optional(),
  succeededAt: z.number().optional(),
});

/** What the sidecar of a video remembers of its task, enough to make it again; nothing secret. */
export interface SidecarTask extends Readonly<Omit<z.infer<typeof sidecarTask>, 'request'>> {
  readonly request: VideoRequest;
}

/** What goes into the sidecars of a task's videos. */
export function describeTask(record: TaskRecord): SidecarTask {
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
  };
}

/** Reads what a sidecar says of its task; undefined when it is none of ours. */
export function readSidecarTask(task: unknown): SidecarTask | undefined {
  return sidecarTask.safeParse(task).data;
}

/** The record of a task of which only its videos are left. */
export function savedRecord(task: SidecarTask): TaskRecord {
  return {
    id: task.id,
    version: 1,
    createdAt: task.createdAt,
    updatedAt: task.succeededAt ?? task.createdAt,
    phase: 'saved',
    baseUrl: task.origin,
    keyId: task.keyId,
    request: task.request,
    bodySha256: '',
    gatewayTaskId: task.gatewayTaskId,
    progress: undefined,
    failure: undefined,
    submittedAt: task.submittedAt,
    succeededAt: task.succeededAt,
    expiresAt: undefined,
    nextDue: undefined,
    troubles: 0,
    denials: 0,
    deniedAt: undefined,
    links: [],
    heldUpMs: 0,
    diskFailedAt: undefined,
    announcedAt: undefined,
    seenAt: undefined,
    copiedAt: undefined,
    cleanedAt: undefined,
    idSource: undefined,
    fetchProgress: undefined,
    basedOn: task.basedOn,
  };
}
