import * as z from 'zod';

/** What a reply says of an error, whatever envelope it came in (API reference 10.2). */
export interface ErrorReply {
  /** The other side's own words, on one line; empty when it had none. */
  readonly message: string;
  /** Its machine code as text, when it says something: a bare HTTP number does not. */
  readonly code?: string;
  readonly requestId?: string;
}

const record = z.record(z.string(), z.unknown());
/** More than anybody reads; whoever shows it shortens it, once the key is out of it. */
const LONGEST_WORDS = 4_000;
const LONGEST_PAGE = 20_000;

/** The value as an object, or nothing. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  const parsed = record.safeParse(value);
  return parsed.success && !Array.isArray(value) ? parsed.data : undefined;
}

/** The value as a text that says something, or nothing. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A machine code as text; empty ones, success words and bare HTTP numbers carry no information (5.3, 10.3). */
function asCode(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : asText(value);
  if (text === undefined || /^(0|success|ok|error|[1-5]\d\d)$/i.test(text)) return undefined;
  return text;
}

/** Reads the body of a reply as text: JSON in any known envelope, else what is left of a page without its tags. */
export function readErrorReply(text: string): ErrorReply {
  const json = parseJson(text);
  if (json !== undefined) return readErrorValue(json);
  // Only the beginning: what never closes would be searched for from each of its openings.
  const page = text.slice(0, LONGEST_PAGE).replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ');
  return { message: shorten(page.replace(/<[^<>]*>/g, ' ')) };
}

/** As {@link readErrorReply}, for a body that was parsed already. */
export function readErrorValue(value: unknown): ErrorReply {
  const body = asRecord(value);
  if (!body) return { message: shorten(asText(value) ?? '') };
  const inner = asRecord(body['error']);
  const words =
    asText(inner?.['message']) ??
    asText(body['error']) ??
    asText(body['message']) ??
    asText(body['msg']) ??
    asText(body['error_msg']) ??
    asText(body['detail']) ??
    '';
  const nested = nestedVendorError(words);
  const code = nested?.code ?? asCode(inner?.['code']) ?? asCode(body['code']) ?? asCode(inner?.['type']);
  const requestId =
    asText(body['request_id']) ?? nested?.requestId ?? /\(request id: ([^()]+)\)/i.exec(words)?.[1];
  const message = shorten(nested?.message ?? words).replace(/\s*\(request id: [^)]+\)/i, '');
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** A vendor's own error as JSON text inside the message, maybe behind a prefix (E3 in API reference 10.2). */
function nestedVendorError(words: string): ErrorReply | undefined {
  const start = words.indexOf('{');
  if (start < 0) return undefined;
  const json = parseJson(words.slice(start));
  if (json === undefined) return undefined;
  const inner = readErrorValue(json);
  return inner.message === '' ? undefined : inner;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown;
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.slice(0, LONGEST_WORDS);
}
