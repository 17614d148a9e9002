import * as z from 'zod/mini';

/** Role of an image in a request. */
export type ImageRole = 'first' | 'last' | 'reference';

/** A request by the user or another extension. Public: see docs/api.md. */
export interface VideoRequest {
  readonly model: string;
  /** Sent unchanged. */
  readonly prompt: string;
  /** Names as in the request body, for example `seconds` and `size` for sora-2. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** `source` is an https URL, a file URI, or a data URI. */
  readonly images?: readonly { readonly role: ImageRole; readonly source: string }[];
  /** Local or gateway ID of an earlier task. */
  readonly remixOf?: string;
}

/** Schema for requests from other extensions, key bindings, and the database. */
export const videoRequestSchema = z.strictObject({
  model: z.string(),
  prompt: z.string(),
  options: z.exactOptional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  images: z.exactOptional(
    z.array(
      z.strictObject({
        role: z.enum(['first', 'last', 'reference']),
        source: z.string().check(z.minLength(1)),
      }),
    ),
  ),
  remixOf: z.exactOptional(z.string().check(z.minLength(1))),
}) satisfies z.ZodMiniType<VideoRequest>;
