import * as z from 'zod/mini';

export const sidecarSchema = z.object({
  sidecarVersion: z.literal(1),
  video: z.object({
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    width: z.number(),
    height: z.number(),
    durationSeconds: z.number(),
    hasAudio: z.boolean(),
    unverified: z.exactOptional(z.literal(true)),
    /** Distinguishes the videos of a task by their links. Opaque to the library. */
    source: z.exactOptional(z.string()),
  }),
  /** The task. Opaque to the library. */
  task: z.unknown(),
});

/** Stored next to each video, so that a lost database can be restored from the library. */
export type Sidecar = z.infer<typeof sidecarSchema>;

/** Contents of a sidecar besides the video's facts. Must not contain secrets. */
export interface SidecarFacts {
  readonly task: unknown;
  readonly source?: string | undefined;
}
