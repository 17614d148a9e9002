import type { Evidence, EvidenceStep, ResponseEnd } from '../common/evidence';
import type { MoneyFact } from '../common/moneyFact';
import { withoutUndefined } from '../common/withoutUndefined';
import type { ApiKey } from './apiKey';
import { GatewayError } from './errors';
import type { HttpResponse } from './http';
import { readTolerantJson } from './jsonReader';
import { asNumber, asRecord, asText, firstValue, knownObjects, type KnownObject } from './jsonValues';
import { readProxyRefusal } from './proxyRefusal';
import { redactResponse } from './redaction';
import { isOwnEnvelope, pageText, readError, reportsError, type ErrorResponse } from './responseError';
import { MAX_EVIDENCE_BYTES, RecordedBody, toEvidence } from './responseEvidence';
import { findLinks, canHoldInlineVideo } from './responseLinks';
import { readMoney } from './responseMoney';
import { untilClosing } from './untilClosing';
import { findTaskId, holdsSureId, ID_NAMES, idsIn, TASKS, type IdSource } from './taskIds';

/** `expired` means finished, then deleted. */
type TaskStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'expired';

/** Facts in a response of any shape, without the key. */
export interface ResponseFacts {
  readonly status: number;
  readonly end: ResponseEnd;
  /** True if the whole body arrived; if it's JSON, the JSON is complete too. */
  readonly isComplete: boolean;
  readonly isJson: boolean;
  readonly isOwnEnvelope: boolean;
  readonly taskId?: string;
  /** True if the gateway reports that the provider has the job, but its ID was lost (API reference 10.4). */
  readonly isIdLost: boolean;
  /** Set if the ID may not be the task's. */
  readonly idSource?: IdSource;
  readonly taskStatus?: TaskStatus;
  /** 0 to 100. */
  readonly progress?: number;
  readonly links: readonly string[];
  readonly refusedLinks: readonly string[];
  readonly isLinkExpired: boolean;
  readonly expectedCount?: number;
  readonly filteredCount: number;
  /** Time after which the videos are deleted, in ms since 1970. */
  readonly expiresAt?: number;
  /** ID of the remixed task, or null if the video isn't a remix. */
  readonly remixedFrom?: string | null;
  readonly error?: ErrorResponse;
  readonly proxyRefusal?: GatewayError;
  readonly money: readonly MoneyFact[];
  readonly retryAfterMs?: number;
  readonly evidence: () => Evidence;
}

/** Context in which a response is read. */
export interface ReadContext {
  readonly step: EvidenceStep & MoneyFact['step'];
  readonly baseUrl: string;
  readonly key: ApiKey;
  /** Ms since 1970. */
  readonly now: number;
  readonly taskId?: string;
  /** ID of the remixed task. The response may quote it. */
  readonly remixOf?: string | undefined;
  /** Aborts when the window closes. A submit's response is then read only until its ID is found. */
  readonly closing?: AbortSignal;
  readonly retryAfterMs?: number | undefined;
}

interface ReceivedBody {
  readonly root: unknown;
  readonly isComplete: boolean;
  readonly isJson: boolean;
  /** The first 64 KB. */
  readonly text: string;
  readonly end: ResponseEnd;
}

const MAX_JSON_BYTES = 1024 * 1024;

const STATUS_NAMES = ['status', 'task_status', 'taskStatus', 'state'];
const EXPECTED_NAMES = ['sampleCount', 'sample_count', 'numberOfVideos'];
const FILTERED_NAMES = ['raiMediaFilteredCount', 'rai_media_filtered_count'];

/** API reference 8. Any other word means running. */
const STATUSES: Readonly<Record<Exclude<TaskStatus, 'running'>, RegExp>> = {
  queued:
    /^(submitted|queued|pending|not_start|in_queue|unknown|created|preparing|waiting|accepted|scheduled)?$/,
  succeeded: /^(succe(ss|ed|eded)|completed?|done|finished)$/,
  failed: /^(fail(ed|ure)?|error|cancell?ed|rejected|timed?_?out|aborted|terminated|blocked|moderated)$/,
  expired: /^(expired|deleted)$/,
};
/** At the root, these words describe the call, not the task. */
const CALL_STATUS = /^(success|ok|error|fail)$/;

/** Reads a response, even if it ends early. @throws GatewayError `aborted` */
export async function readResponse(response: HttpResponse, context: ReadContext): Promise<ResponseFacts> {
  const body = await (context.step === 'submit'
    ? receiveSubmit(response, context)
    : receiveBody(response.body));
  return readFacts(response.status, response.headers, body, context);
}

/** Reads a response that was stored as evidence. */
export async function readEvidence(evidence: Evidence, context: ReadContext): Promise<ResponseFacts> {
  const body = await receiveBody([Buffer.from(evidence.body)]);
  return readFacts(evidence.status, evidence.headers, { ...body, end: evidence.end }, context);
}

/**
 * Receives the response to a submit. To not lose its ID, reading stops at a sure ID, because the rest may never arrive,
 * and bytes that aren't HTTP are searched too.
 */
async function receiveSubmit(response: HttpResponse, context: ReadContext): Promise<ReceivedBody> {
  const isEnough = (document: unknown) => holdsSureId(document, context);
  const hasId = async (head: Uint8Array) => {
    const { root, text } = await receiveBody([head]);
    return findTaskId(knownObjects(root), text, false, context).taskId !== undefined;
  };
  const { closing } = context;
  const body = await receiveBody(closing ? untilClosing(response, closing, hasId) : response.body, isEnough);
  const unparsed = body.isJson && body.isComplete ? undefined : response.unparsed?.();
  if (!unparsed) return body;
  const more = await receiveBody([unparsed]);
  const text = `${body.text}\n${more.text.replace(/^set-cookie:.*$/gim, '')}`;
  return {
    ...body,
    root: more.isJson ? more.root : body.root,
    isJson: body.isJson || more.isJson,
    text: text.trimStart().slice(0, MAX_EVIDENCE_BYTES),
  };
}

/**
 * Receives a body. Keeps only known fields and the head of the text, because videos may not fit into memory.
 * @param isEnough returns true if nothing after this document is needed
 */
async function receiveBody(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  isEnough: (document: unknown) => boolean = () => false,
): Promise<ReceivedBody> {
  const body = new RecordedBody(chunks);
  async function* receivedChunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      if (error instanceof GatewayError && error.kind === 'aborted') throw error;
    }
  }
  const { documents, isComplete } = await readTolerantJson(
    receivedChunks(),
    { maxBytes: MAX_JSON_BYTES, isEnough },
    isImportant,
  );
  const records = documents.filter((document) => asRecord(document));
  // Merge the events of a stream: they're about the same task.
  const root: unknown = records.length > 1 ? Object.assign({}, ...records) : (records[0] ?? documents[0]);
  const { text, end } = body;
  const isJson = documents.length > 0;
  return { root, isJson, isComplete: isJson ? isComplete : end === 'whole', text, end };
}

const IMPORTANT_KEYS: ReadonlySet<string> = new Set([...TASKS, ...ID_NAMES, ...STATUS_NAMES, 'error']);

function isImportant(key: string): boolean {
  return IMPORTANT_KEYS.has(key) || canHoldInlineVideo([key]);
}

function readFacts(
  status: number,
  headers: HttpResponse['headers'],
  body: ReceivedBody,
  context: ReadContext,
): ResponseFacts {
  const { key, step } = context;
  const objects = knownObjects(body.root);
  const saysError = status < 200 || status >= 300 || reportsError(objects);
  const task = findTask(objects, context.taskId);
  const near = findLinks(task?.record ?? body.root, task?.path ?? [], context);
  const found = near.links.length > 0 || !task ? near : findLinks(body.root, [], context);
  const progress = firstValue(task ? [task, ...objects] : objects, ['progress'], toProgress)?.value;
  const word = findStatus(objects, task);
  let taskStatus = word === undefined ? undefined : toStatus(word);
  if (taskStatus === undefined && !saysError) {
    if (found.links.length > 0) taskStatus = 'succeeded';
    else if (task) taskStatus = 'queued';
    else if (status === 202 && body.text === '') taskStatus = 'running';
  }
  // An unknown status word, but with the finished video.
  if (taskStatus === 'running' && progress === 100 && found.links.length > 0) taskStatus = 'succeeded';
  if (taskStatus === 'succeeded' && found.isExpired) taskStatus = 'expired';
  const isModerated = objects.some(({ record }) => record['respect_moderation'] === false);
  const filtered = firstValue(objects, FILTERED_NAMES, asNumber)?.value ?? (isModerated ? 1 : 0);
  const hasError = saysError || filtered > 0 || taskStatus === 'failed' || taskStatus === 'expired';
  const proxyRefusal = readProxyRefusal(status, headers, body.isJson);
  const error: ErrorResponse = proxyRefusal
    ? { message: proxyRefusal.message, byProxy: true }
    : body.isJson
      ? readError(objects)
      : { message: pageText(body.text) };
  const optional = withoutUndefined({
    taskStatus,
    progress,
    expectedCount: firstValue(objects, EXPECTED_NAMES, asNumber)?.value,
    expiresAt: firstValue(objects, ['expires_at'], toTime)?.value,
    remixedFrom: firstValue(objects, ['remixed_from_video_id'], (id) => (id === null ? null : asText(id)))
      ?.value,
    error: hasError ? redactResponse(error, key) : undefined,
    proxyRefusal,
    retryAfterMs: context.retryAfterMs,
    ...findTaskId(objects, body.text, saysError, context),
  });
  return {
    status,
    end: body.end,
    isComplete: body.isComplete,
    isJson: body.isJson,
    isOwnEnvelope: isOwnEnvelope(body.root),
    isIdLost: /insert_task_failed/i.test(decodeUnicodeEscapes(body.text)),
    ...optional,
    links: found.links,
    refusedLinks: found.refused,
    isLinkExpired: found.isExpired,
    filteredCount: filtered,
    money: readMoney(objects, headers, error.message, step),
    evidence: () => toEvidence({ status, headers }, body, context),
  };
}

/** Finds the object with the task's ID, else the outermost with any ID, except the vendor's copy. */
function findTask(objects: readonly KnownObject[], taskId: string | undefined): KnownObject | undefined {
  const candidates = objects
    .filter(({ name }) => TASKS.has(name))
    .map((object) => ({ object, ids: idsIn(object).map(({ id }) => id) }));
  const named = candidates.find(({ ids }) => taskId !== undefined && ids.includes(taskId));
  const own = candidates.find(({ object, ids }) => ids.length > 0 && !object.path.includes('metadata'));
  return (named ?? own)?.object;
}

/** Returns the status next to the task's ID, else that of the outermost object with one. */
function findStatus(objects: readonly KnownObject[], task: KnownObject | undefined): string | undefined {
  const own = task && statusIn(task);
  if (own !== undefined) return own;
  const isVendors = ({ path }: KnownObject) => path.includes('metadata');
  return objects
    .filter(({ name }) => TASKS.has(name))
    .sort((a, b) => Number(isVendors(a)) - Number(isVendors(b)))
    .map((object) => ({ object, word: statusIn(object) }))
    .find(({ object, word }) => word !== undefined && !(object.path.length === 0 && CALL_STATUS.test(word)))
    ?.word;
}

function statusIn({ record }: KnownObject): string | undefined {
  const word = STATUS_NAMES.map((name) => asText(record[name])).find((text) => text !== undefined);
  return word?.trim().toLowerCase();
}

function toStatus(word: string): TaskStatus {
  for (const [status, words] of Object.entries(STATUSES)) if (words.test(word)) return status as TaskStatus;
  return 'running';
}

function decodeUnicodeEscapes(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function toProgress(value: unknown): number | undefined {
  const number = asNumber(value);
  return number === undefined ? undefined : Math.min(100, Math.max(0, number));
}

/** Converts a Unix time in seconds or ms to ms. */
function toTime(value: unknown): number | undefined {
  const time = asNumber(value);
  if (time === undefined || time <= 0 || time >= 1e14) return undefined;
  return Math.round(time < 1e11 ? time * 1000 : time);
}
