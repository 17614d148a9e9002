import * as z from 'zod';

/** What part an image plays in a request. */
export type ImageRole = 'first' | 'last' | 'reference';

/** What a person or another extension asks for. Public: see docs/api.md. */
export interface VideoRequest {
  readonly model: string;
  /** Sent byte for byte. */
  readonly prompt: string;
  /** Wire names of the model's family, for example `seconds` and `size` for sora-2. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** `source` is an https URL, a file URI or a data URI. */
  readonly images?: readonly { readonly role: ImageRole; readonly source: string }[];
  /** An earlier task: our id or the gateway's. */
  readonly remixOf?: string;
}

/** A request as it may arrive from another extension, a key binding or the database. */
export const videoRequestSchema = z.strictObject({
  model: z.string(),
  prompt: z.string(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
  images: z
    .array(z.strictObject({ role: z.enum(['first', 'last', 'reference']), source: z.string().min(1) }))
    .exactOptional(),
  remixOf: z.string().min(1).exactOptional(),
}) satisfies z.ZodType<VideoRequest>;
