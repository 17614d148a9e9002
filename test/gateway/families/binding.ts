import { z } from 'zod';
import { errorE2 } from '../reply';
import type { Refused } from './family';

/** `null` counts as absent in the service's JSON binding. */
export const orNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const text = orNull(z.string());
const whole = orNull(z.int());
const flag = orNull(z.boolean());

/**
 * What the JSON binding insists on before the family is known: a wrong type fails for every model, also in a field
 * that the model does not read (API reference 4.1). Anything else may be anything.
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

/** The binding of a family: the common fields and its own. */
export const binding = <Own extends z.ZodRawShape>(own: Own) => z.object({ ...common, ...own });

export { flag, text, whole };

/** Binds a body, or refuses it as the service words it (API reference 4.1). */
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

/** The fields of a body that are there and that nobody reads; `null` counts as absent. */
export const unread = (body: Readonly<Record<string, unknown>>, ...read: readonly string[]): string[] =>
  Object.keys(body)
    .filter((name) => body[name] !== null && !read.includes(name))
    .map((name) => `${name} is not read`);

/** A blank prompt is refused for every family but Seedance (API reference 4.1). */
export const promptRequired = (): Refused => ({
  refusal: errorE2(400, 'invalid_request', 'prompt is required'),
});
