import * as z from 'zod';
import { videoRequestSchema, type VideoRequest } from '../models/request';
import { ID_SOURCES, type IdSource } from '../task/idSource';
import { PHASES, type Phase } from '../task/phases';
import { parseFailure, parseNote, type StoredFailure, type StoredNote } from '../task/failure';

/** A video of a task as the store keeps it: by its file's name in the library. */
export interface StoredVideo {
  readonly file: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  readonly hasAudio: boolean;
  readonly sha256: string;
}

/** All that the engine knows of a task. Times are ms since 1970. */
export interface TaskRecord {
  readonly id: string;
  /** Counts every write to the row: a writer who holds an older number is late. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly phase: Phase;
  readonly baseUrl: string;
  /** The random id of the key it was sent with. */
  readonly keyId: string;
  readonly request: VideoRequest;
  readonly bodySha256: string;
  readonly gatewayTaskId: string | undefined;
  readonly progress: number | undefined;
  readonly failure: StoredFailure | undefined;
  readonly submittedAt: number | undefined;
  readonly succeededAt: number | undefined;
  /** When the gateway throws the video away, if it said so. */
  readonly expiresAt: number | undefined;
  /** When something is to be done next, and by that the claim on doing it (DESIGN 4.2). */
  readonly nextDue: number | undefined;
  /** Attempts in a row that came to nothing. */
  readonly troubles: number;
  /** Answers in a row that the task, or its video, is not there; and when the first of them came. */
  readonly denials: number;
  readonly deniedAt: number | undefined;
  /** Result links of the last good query. */
  readonly links: readonly string[];
  /** How long the disk has kept us from fetching, in ms in all, and when it last refused: that time does not count. */
  readonly heldUpMs: number;
  readonly diskFailedAt: number | undefined;
  /** When the user was told of its end, and when they saw its video. */
  readonly announcedAt: number | undefined;
  readonly seenAt: number | undefined;
  /** When its videos were last saved somewhere outside of the library. */
  readonly copiedAt: number | undefined;
  /** When the user had its videos removed from the library. */
  readonly cleanedAt: number | undefined;
  /** Where the gateway's task id comes from, unless a whole reply gave it. */
  readonly idSource: IdSource | undefined;
  /** How much of its videos has come, in percent, while they are fetched; undefined where that is not known. */
  readonly fetchProgress: number | undefined;
  /** The earlier task that it was asked for again from. */
  readonly basedOn: string | undefined;
}

const failureSchema = z.unknown().transform((value, context): StoredFailure => {
  const failure = parseFailure(value);
  if (failure) return failure;
  context.addIssue('not a failure');
  return z.NEVER;
});

/** A text column that holds JSON. */
const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** SQLite says null where we say undefined. */
const nullable = <T extends z.ZodType>(schema: T) =>
  schema.nullable().transform((value) => value ?? undefined);

const rowSchema = z.object({
  id: z.string(),
  version: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
  phase: z.enum(PHASES as [Phase, ...Phase[]]),
  base_url: z.string(),
  key_id: z.string(),
  request: json(videoRequestSchema),
  body_sha256: z.string(),
  gateway_task_id: nullable(z.string()),
  progress: nullable(z.number()),
  failure: nullable(json(failureSchema)),
  submitted_at: nullable(z.number()),
  succeeded_at: nullable(z.number()),
  expires_at: nullable(z.number()),
  next_due: nullable(z.number()),
  troubles: z.number(),
  denials: z.number(),
  denied_at: nullable(z.number()),
  links: json(z.array(z.string())),
  held_up_ms: z.number(),
  disk_failed_at: nullable(z.number()),
  announced_at: nullable(z.number()),
  seen_at: nullable(z.number()),
  copied_at: nullable(z.number()),
  cleaned_at: nullable(z.number()),
  id_source: nullable(z.enum(ID_SOURCES)),
  fetch_progress: z.number().nullish(),
  based_on: z.string().nullish(),
});

/** Reads a row of the table `tasks`. @throws zod's error when the row is not one of ours */
export function readRecord(row: unknown): TaskRecord {
  const parsed = rowSchema.parse(row);
  return {
    id: parsed.id,
    version: parsed.version,
    createdAt: parsed.created_at,
    updatedAt: parsed.updated_at,
    phase: parsed.phase,
    baseUrl: parsed.base_url,
    keyId: parsed.key_id,
    request: parsed.request,
    bodySha256: parsed.body_sha256,
    gatewayTaskId: parsed.gateway_task_id,
    progress: parsed.progress,
    failure: parsed.failure,
    submittedAt: parsed.submitted_at,
    succeededAt: parsed.succeeded_at,
    expiresAt: parsed.expires_at,
    nextDue: parsed.next_due,
    troubles: parsed.troubles,
    denials: parsed.denials,
    deniedAt: parsed.denied_at,
    links: parsed.links,
    heldUpMs: parsed.held_up_ms,
    diskFailedAt: parsed.disk_failed_at,
    announcedAt: parsed.announced_at,
    seenAt: parsed.seen_at,
    copiedAt: parsed.copied_at,
    cleanedAt: parsed.cleaned_at,
    idSource: parsed.id_source,
    fetchProgress: parsed.fetch_progress ?? undefined,
    basedOn: parsed.based_on ?? undefined,
  };
}

const videoRowSchema = z.object({
  task_id: z.string(),
  file: z.string(),
  bytes: z.number(),
  width: z.number(),
  height: z.number(),
  duration_seconds: z.number(),
  has_audio: z.number(),
  sha256: z.string(),
});

/** Reads a row of the table `videos`. */
export function readVideoRow(row: unknown): { taskId: string; video: StoredVideo } {
  const {
    task_id: taskId,
    duration_seconds: durationSeconds,
    has_audio,
    ...rest
  } = videoRowSchema.parse(row);
  return { taskId, video: { ...rest, durationSeconds, hasAudio: has_audio !== 0 } };
}

const originRowSchema = z.object({
  not_before: z.number(),
  refusal: nullable(json(failureSchema)),
  recheck_at: nullable(z.number()),
});

/** What is known of a gateway's origin, for all its tasks together (DESIGN 5). Times are ms since 1970. */
export interface OriginState {
  /** No request may go there before. */
  readonly notBefore: number;
  /** Why the key was refused there, while it is: every task of the origin waits. */
  readonly refusal: StoredFailure | undefined;
  /** When one task may try again although the key was refused. */
  readonly recheckAt: number | undefined;
}

/** Reads a row of the table `origins`; an origin without a row is a good one. */
export function readOriginRow(row: unknown): OriginState {
  if (row === undefined) return { notBefore: 0, refusal: undefined, recheckAt: undefined };
  const parsed = originRowSchema.parse(row);
  return { notBefore: parsed.not_before, refusal: parsed.refusal, recheckAt: parsed.recheck_at };
}

const timelineRowSchema = z.object({
  task_id: z.string(),
  at: z.number(),
  phase: z.enum(PHASES as [Phase, ...Phase[]]),
  note: nullable(z.string().transform(parseNote)),
});

/** An entry of a task's timeline, as stored. `at` is ms since 1970. */
export interface StoredTimelineEntry {
  readonly at: number;
  readonly phase: Phase;
  readonly note?: StoredNote;
}

/** Reads a row of the table `timeline`. */
export function readTimelineRow(row: unknown): z.infer<typeof timelineRowSchema> {
  return timelineRowSchema.parse(row);
}
