import { asRecord, asText, readErrorReply, readErrorValue, parseJson, type ErrorReply } from './errorReply';

/** What the answer to a submit means (DESIGN 5). */
export type SubmitOutcome =
  /** The gateway has the task; what it costs will be charged when it succeeds. */
  | {
      readonly kind: 'accepted';
      readonly gatewayTaskId: string;
      /** The reply says that the video is made from no earlier one (API reference 7.2.4). */
      readonly noRemix?: true;
    }
  /** A certain no: nothing was made and nothing is charged. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: ErrorReply }
  /** Not now: nothing was made, and it may be sent again later. */
  | { readonly kind: 'rateLimited'; readonly error: ErrorReply; readonly retryAfterMs?: number }
  /** Nobody can tell whether a task was made: never send again by itself. */
  | { readonly kind: 'unknown'; readonly status: number; readonly error: ErrorReply };

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 413, 415, 422]);

/** How a gateway says that it knows no upstream for the model (API reference 10.4). */
const NO_CHANNEL = /无可用渠道|no available channel/i;

const SUCCESS_CODE = /^(|0|20\d|ok|success)$/i;

/**
 * Reads the answer to a submit by its content (API reference 4.3, 10.3).
 * @param retryAfterMs what the `Retry-After` header asks for, if anything
 */
export function readSubmitReply(status: number, text: string, retryAfterMs?: number): SubmitOutcome {
  const success = status >= 200 && status < 300;
  // A slip in the rest must not cost a paid task its id (API reference 6.0 shows one).
  const json = parseJson(text) ?? parseJson(text.replace(/,(?=\s*[}\]])/g, ''));
  if (success) {
    const gatewayTaskId = taskIdIn(json);
    if (gatewayTaskId !== undefined) {
      return { kind: 'accepted', gatewayTaskId, ...(saysNoRemix(json) ? { noRemix: true } : {}) };
    }
  }
  const error = json === undefined ? readErrorReply(text) : readErrorValue(json);
  // The vendor has the job, only its id was lost (API reference 10.4).
  if (/insert_task_failed/i.test(unescaped(text))) return { kind: 'unknown', status, error };
  if (status === 429) {
    return { kind: 'rateLimited', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if (REFUSALS.has(status) || (status >= 300 && status < 400)) return { kind: 'refused', status, error };
  if (status === 503 && NO_CHANNEL.test(error.message)) return { kind: 'refused', status, error };
  if (success && isErrorEnvelope(json)) return { kind: 'refused', status, error };
  return { kind: 'unknown', status, error };
}

/** The first usable task id, in the order of API reference 4.3. */
function taskIdIn(json: unknown): string | undefined {
  const body = asRecord(json);
  if (!body) return undefined;
  const data = asRecord(body['data']);
  return (
    idText(body['task_id']) ??
    idText(body['id']) ??
    idText(data?.['task_id']) ??
    idText(data?.['id']) ??
    (isSuccessCode(body['code']) ? idText(body['data']) : undefined) ??
    idText(asRecord(body['output'])?.['task_id']) ??
    idText(asRecord(body['metadata'])?.['id'])
  );
}

/** Only a null that is there says so; many replies say nothing of it. */
function saysNoRemix(json: unknown): boolean {
  const body = asRecord(json);
  const places = [body, asRecord(body?.['metadata']), asRecord(body?.['data'])];
  return places.some((place) => place?.['remixed_from_video_id'] === null);
}

/** Ids are opaque, but an id has no blanks within: a sentence in its place is a message. */
function idText(value: unknown): string | undefined {
  const text = asText(value)?.trim();
  return text === undefined || /\s/.test(text) ? undefined : text;
}

/** Whether a code reports no error (API reference 10.3), also as other gateways of this kind write it. */
function isSuccessCode(code: unknown): boolean {
  if (code === undefined || code === null) return true;
  return (typeof code === 'string' || typeof code === 'number') && SUCCESS_CODE.test(String(code).trim());
}

/** The text with its letters as themselves, however the JSON writes them. */
function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Whether a body says no in one of the known envelopes (API reference 10.2), and not just nothing. */
function isErrorEnvelope(json: unknown): boolean {
  const body = asRecord(json);
  if (!body) return false;
  const error = body['error'];
  return (
    asText(error) !== undefined ||
    Object.keys(asRecord(error) ?? {}).length > 0 ||
    body['success'] === false ||
    (!isSuccessCode(body['code']) && (typeof body['code'] === 'string' || typeof body['code'] === 'number'))
  );
}
