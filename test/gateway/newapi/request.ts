import { z } from 'zod';
import { orNull } from '../families/binding';
import type { Refused } from '../families/family';
import { errorE2 } from '../gatewayResponse';

/** A submit as new-api binds it. Nothing else is read from the top level (money-and-gateways 5.2). */
export interface StockRequest {
  readonly model: string;
  /** Byte for byte. */
  readonly prompt: string;
  readonly mode: string;
  readonly images: readonly string[];
  readonly size: string;
  /** 0 if absent. */
  readonly duration: number;
  readonly seconds: string;
  readonly inputReference: string;
  /** The provider's options. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** All fields as they arrived, for channels that pass the body on. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const text = orNull(z.string());
const bound = z.object({
  prompt: text,
  mode: text,
  image: text,
  images: orNull(z.array(z.string())),
  size: text,
  seconds: text,
  input_reference: text,
});
const anyObject = z.record(z.string(), z.unknown());

/** Form fields that don't go into the metadata. */
const KNOWN_FIELDS = [
  ...['prompt', 'model', 'mode', 'image', 'images', 'size', 'duration', 'input_reference'],
];

/**
 * Binds the fields of a JSON body or a form. Refuses a wrong type, except in `duration` and `metadata`, which
 * are silently dropped.
 * @param code error code for a refusal, which differs by channel
 */
export function bindRequest(
  model: string,
  fields: Readonly<Record<string, unknown>>,
  isForm: boolean,
  code: string,
): StockRequest | Refused {
  const parsed = bound.safeParse(fields);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    const message = `json: cannot unmarshal value into Go struct field Alias.${field}`;
    return { refusal: errorE2(400, code, message) };
  }
  const {
    prompt = '',
    mode = '',
    image = '',
    images,
    size = '',
    seconds = '',
    input_reference,
  } = parsed.data;
  if (prompt.trim() === '') return { refusal: errorE2(400, 'invalid_request', 'prompt is required') };
  const formMetadata = isForm ? otherFormFields(fields) : {};
  return {
    ...{ model, prompt, mode, size, seconds },
    images: images ?? (image.trim() === '' ? [] : [image]),
    duration: parseWholeNumber(fields['duration']) ?? (isForm ? parseWholeNumber(seconds) : undefined) ?? 0,
    inputReference: input_reference ?? '',
    metadata: withoutModel(parseMetadata(fields['metadata']) ?? formMetadata),
    fields,
  };
}

/** In a form, unknown fields go into the metadata. Numbers are converted. */
function otherFormFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !KNOWN_FIELDS.includes(name))
      .map(([name, value]) => [
        name,
        typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
      ]),
  );
}

/** Parses a whole number or its text. Anything else counts as absent. */
function parseWholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : undefined;
}

/** Parses an object, or the JSON text of one. */
function parseMetadata(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'string') return anyObject.safeParse(value).data;
  try {
    return anyObject.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

function withoutModel(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== 'model'));
}
