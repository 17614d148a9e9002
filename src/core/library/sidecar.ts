import * as z from 'zod';

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
    unverified: z.literal(true).exactOptional(),
    /** Tells the videos of one task apart by where they came from; the library doesn't look inside. */
    source: z.string().exactOptional(),
  }),
  /** The task as its owner describes it; the library doesn't look inside. */
  task: z.unknown(),
});

/** Stored next to each video, so that a lost database can be made again from the library. */
export type Sidecar = z.infer<typeof sidecarSchema>;

/** What a sidecar says besides the video itself. Must not contain anything secret. */
export interface SidecarFacts {
  readonly task: unknown;
  readonly source?: string | undefined;
}
