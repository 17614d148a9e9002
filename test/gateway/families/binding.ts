import { z } from 'zod';
import { errorE2 } from '../gatewayResponse';
import type { Refused } from './family';

/** `null` counts as absent in the service's JSON binding. */
export const orNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const text = orNull(z.string());
const whole = orNull(z.int());
const flag = orNull(z.boolean());

/**
 * Fields that the JSON binding checks before the family is known. A wrong type fails for every model, even in
 * a field that the model doesn't read (API reference 4.1). All other fields may have any type.
 */
const common = {
  prompt: text,
  image: text,
  size: text,
  width: whole,
  height: whole,
  duration: whole,
  seed: whole,
  n: whole,
  resolution: text,
  aspect_ratio: text,
  user: text,
  metadata: orNull(z.record(z.string(), z.unknown())),
};

export const binding = <OwnFields extends z.ZodRawShape>(ownFields: OwnFields) =>
  z.object({ ...common, ...ownFields });

export { flag, text, whole };

/** Binds a body, or refuses it with the service's message (API reference 4.1). */
export function bind<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): { readonly bound: z.infer<Schema> } | Refused {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { bound: parsed.data };
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  const message = `json: cannot unmarshal value into Go struct field TaskSubmitReq.${field}`;
  return { refusal: errorE2(400, 'invalid_request', message) };
}

/** Returns the fields of a body that aren't read. `null` counts as absent. */
export const findUnreadFields = (
  body: Readonly<Record<string, unknown>>,
  ...read: readonly string[]
): string[] =>
  Object.keys(body)
    .filter((name) => body[name] !== null && !read.includes(name))
    .map((name) => `${name} is not read`);

/** Every family except Seedance refuses a blank prompt (API reference 4.1). */
export const promptRequired = (): Refused => ({
  refusal: errorE2(400, 'invalid_request', 'prompt is required'),
});
