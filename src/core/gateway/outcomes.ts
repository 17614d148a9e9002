import type { Evidence } from '../common/evidence';
import type { MoneyFact } from '../common/moneyFact';
import { withoutUndefined } from '../common/withoutUndefined';
import { classifyError, isDocumentedRefusal } from './errorKinds';
import { isUnknownEndpoint, saysExpired, type ErrorResponse } from './responseError';
import type { ResponseFacts } from './responseReader';

interface Common {
  /** HTTP status; 0 if no response arrived. */
  readonly status: number;
  readonly money: readonly MoneyFact[];
  /** The response, redacted; undefined if none arrived. */
  readonly evidence?: () => Evidence;
}

/** Meaning of the response to a submit (DESIGN 5). */
export type SubmitOutcome = Common &
  (
    | {
        readonly kind: 'accepted';
        readonly gatewayTaskId: string;
        /** True if the ID may not be the task's. */
        readonly isUnsure: boolean;
        /** An error that came with the ID. */
        readonly error?: ErrorResponse;
        /** True if the response denies that the video is a remix (API reference 7.2.4). */
        readonly noRemix: boolean;
      }
    /** A refusal. Whether it's free depends on its status. */
    | { readonly kind: 'refused'; readonly error: ErrorResponse; readonly noChannel: boolean }
    /** No task was created; the request can be sent again later. */
    | { readonly kind: 'rateLimited'; readonly error: ErrorResponse; readonly retryAfterMs?: number }
    /** A task may have been created: never send again automatically. */
    | { readonly kind: 'unknown'; readonly error: ErrorResponse }
  );

/** State of a task as the gateway reports it. */
export type TaskState =
  | { readonly kind: 'queued' | 'running'; readonly progress?: number }
  | {
      readonly kind: 'succeeded';
      readonly links: readonly string[];
      readonly refusedLinks: readonly string[];
      readonly expectedCount?: number;
      readonly filteredCount: number;
      readonly expiresAt?: number;
    }
  /** `filteredCount` is set if it succeeded and a filter removed every video, `wasReady` if it succeeded before. */
  | { readonly kind: 'failed'; readonly error: ErrorResponse; readonly filteredCount?: number }
  | { readonly kind: 'expired'; readonly error: ErrorResponse; readonly wasReady: boolean };

/** Meaning of the response to a query (DESIGN 5). */
export type QueryOutcome = Common &
  (
    | { readonly kind: 'task'; readonly state: TaskState }
    /** The gateway doesn't know the task, at least now and with this key. */
    | { readonly kind: 'missing'; readonly error: ErrorResponse }
    /** The key was refused: every task of the origin waits. */
    | { readonly kind: 'keyRefused'; readonly error: ErrorResponse }
    /** The key may not use this task's model: only this task waits. */
    | { readonly kind: 'forbidden'; readonly error: ErrorResponse }
    /** No information: query again later. `state` is from an incomplete response. */
    | {
        readonly kind: 'temporary';
        readonly error: ErrorResponse;
        readonly retryAfterMs?: number;
        readonly state?: TaskState;
      }
  );

type Row<Kind> = readonly [kind: Kind, condition: (facts: ResponseFacts, error: ErrorResponse) => boolean];

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 413, 415, 422]);
const NO_CHANNEL = /无可用渠道|no available channel|no_valid_channel/i;
/** Kinds of errors that refuse a request even if the status reports success. Any other kind leaves it unknown. */
const REFUSAL_KINDS: ReadonlySet<string> = new Set([
  'moderation',
  'parameter',
  'image',
  'quota',
  'key',
  'permission',
  'modelGone',
]);

const errorText = ({ code = '', message }: ErrorResponse): string => `${code} ${message}`;
const isRedirect = ({ status }: ResponseFacts): boolean => status >= 300 && status < 400;
const isSuccess = ({ status }: ResponseFacts): boolean => status >= 200 && status < 300;
const hasNoChannel = ({ status, isJson }: ResponseFacts, error: ErrorResponse): boolean =>
  isJson && (status === 500 || status === 503) && NO_CHANNEL.test(errorText(error));

/** The first matching row counts. */
const SUBMIT: readonly Row<SubmitOutcome['kind']>[] = [
  ['accepted', ({ taskId }) => taskId !== undefined],
  ['unknown', ({ isIdLost, proxyRefusal }) => isIdLost || proxyRefusal?.nothingSent === false],
  // Not sent again: inside TLS, the gateway itself could send a proxy's response.
  ['refused', ({ proxyRefusal }) => proxyRefusal !== undefined],
  ['unknown', ({ isComplete, end }) => !isComplete || end !== 'whole'],
  // OpenRouter: too many jobs at once.
  [
    'rateLimited',
    ({ status }, error) => status === 429 || errorText(error).includes('in_flight_budget_exhausted'),
  ],
  ['refused', (facts) => REFUSALS.has(facts.status) || isRedirect(facts)],
  ['refused', hasNoChannel],
  [
    'refused',
    (facts, error) =>
      isSuccess(facts) &&
      facts.isJson &&
      isDocumentedRefusal(error) &&
      REFUSAL_KINDS.has(classifyError({ ...error, status: 500 })),
  ],
  ['unknown', () => true],
];

/** A 403 about one model says nothing about the key's other tasks (API reference 10.4). */
const MODEL_ACCESS_DENIED =
  /无权访问模型|access to (this )?model|model .*(not allowed|no permission|not permitted)/i;
const NO_SUCH_TASK =
  /task_not_(exist|found)|\b(task|video|job|generation)( id)?( was| is)? (not found|not exist|does(n't| not) exist)|no such (task|video|job)|任务不存在/i;
const TASK_FAILED =
  /^(task|generation|video)_failed\b|(?<!\b(get|fetch|query|load|read|poll)\w* (the )?(video )?)\b(task|job|generation) (has )?failed\b|生成失败|任务(执行)?失败|任务已取消/i;
const BAD_PARAMETER =
  /\b(InvalidParameter|invalid_parameter|InvalidArgument|invalid_prompt|bad_prompt|value_error)|at (most|least) \d+ characters/i;
const ABOUT_THE_QUERY = /task.?id|invalid url/i;
/** Statuses that proxies and firewalls also send. */
const NEEDS_ENVELOPE: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 410]);

/** Returns true if an error is about the task itself, whatever its HTTP status. */
function isTaskFailure(facts: ResponseFacts, error: ErrorResponse): boolean {
  if (facts.error === undefined || facts.taskStatus !== undefined || facts.status === 429) return false;
  if (!facts.isOwnEnvelope && NEEDS_ENVELOPE.has(facts.status)) return false;
  // Server errors are mostly about the server: "content moderation service unavailable".
  if (facts.status >= 500 && !isDocumentedRefusal(error)) return false;
  const kind = classifyError({ ...error, status: 500 });
  if (kind === 'moderation' || kind === 'image') return facts.isJson;
  if (kind === 'rateLimit') return false;
  const text = errorText(error);
  return (
    facts.isJson && (TASK_FAILED.test(text) || (BAD_PARAMETER.test(text) && !ABOUT_THE_QUERY.test(text)))
  );
}

const isTaskMissing = (facts: ResponseFacts, error: ErrorResponse): boolean =>
  facts.isJson &&
  (NO_SUCH_TASK.test(errorText(error)) || (facts.status === 404 && facts.isOwnEnvelope)) &&
  !isUnknownEndpoint(error);
const isAboutKey = ({ status, isOwnEnvelope }: ResponseFacts): boolean =>
  (status === 401 || status === 403) && isOwnEnvelope;

const QUERY: readonly Row<QueryOutcome['kind'] | 'failed' | 'expired'>[] = [
  ['temporary', ({ isComplete, proxyRefusal }) => !isComplete || proxyRefusal !== undefined],
  ['expired', ({ isOwnEnvelope, status }, { code }) => isOwnEnvelope && saysExpired(status, code)],
  ['failed', isTaskFailure],
  ['task', ({ taskStatus }) => taskStatus !== undefined],
  ['missing', isTaskMissing],
  ['forbidden', (facts, error) => isAboutKey(facts) && MODEL_ACCESS_DENIED.test(error.message)],
  ['keyRefused', isAboutKey],
  ['temporary', () => true],
];

function match<Kind>(
  rows: readonly Row<Kind>[],
  facts: ResponseFacts,
  error: ErrorResponse,
): Kind | undefined {
  return rows.find(([, condition]) => condition(facts, error))?.[0];
}

/** Returns the error in a response, or why the response is incomplete. Not localized: only for the log and the details. */
function responseError({ error, end }: ResponseFacts): ErrorResponse {
  if (error !== undefined && error.message !== '') return error;
  return { ...error, message: END_TEXTS[end] };
}

const END_TEXTS = {
  whole: '',
  cut: 'the response was cut off',
  timeout: 'the response timed out',
  tooLong: 'the response is too long',
} as const;

function toCommon({ status, money, evidence }: ResponseFacts): Common {
  return { status, money, evidence };
}

/** Decides what the response to a submit means. */
export function submitOutcome(facts: ResponseFacts): SubmitOutcome {
  const error = responseError(facts);
  const common = toCommon(facts);
  const { retryAfterMs } = facts;
  const kind = match(SUBMIT, facts, error) ?? 'unknown';
  switch (kind) {
    case 'accepted':
      return {
        ...common,
        kind,
        gatewayTaskId: facts.taskId ?? '',
        isUnsure: facts.idSource !== undefined,
        ...(facts.error === undefined ? {} : { error: facts.error }),
        noRemix: facts.remixedFrom === null,
      };
    case 'refused':
      return { ...common, kind, error, noChannel: hasNoChannel(facts, error) };
    case 'rateLimited':
      return { ...common, kind, error, ...withoutUndefined({ retryAfterMs }) };
    case 'unknown':
      return { ...common, kind, error };
  }
}

/** Decides what the response to a query means. */
export function queryOutcome(facts: ResponseFacts): QueryOutcome {
  const error = responseError(facts);
  const common = toCommon(facts);
  const kind = match(QUERY, facts, error) ?? 'temporary';
  switch (kind) {
    case 'task':
      return { ...common, kind, state: taskState(facts, error) };
    case 'failed':
      return { ...common, kind: 'task', state: { kind, error } };
    case 'expired':
      return { ...common, kind: 'task', state: { kind, error, wasReady: false } };
    case 'temporary': {
      const hasState = !facts.isComplete && facts.taskStatus !== undefined;
      const state = hasState ? taskState(facts, error) : undefined;
      return { ...common, kind, error, ...withoutUndefined({ retryAfterMs: facts.retryAfterMs, state }) };
    }
    default:
      return { ...common, kind, error };
  }
}

function taskState(facts: ResponseFacts, error: ErrorResponse): TaskState {
  const { taskStatus = 'running', links, refusedLinks, filteredCount, expectedCount, expiresAt } = facts;
  switch (taskStatus) {
    case 'queued':
    case 'running':
      return withoutUndefined({ kind: taskStatus, progress: facts.progress });
    case 'succeeded':
      // Only a filter explains a success without any link, not even a refused one.
      if (filteredCount > 0 && links.length + refusedLinks.length === 0)
        return { kind: 'failed', error, filteredCount };
      return {
        ...{ kind: 'succeeded', links, refusedLinks, filteredCount },
        ...withoutUndefined({ expectedCount, expiresAt }),
      };
    case 'failed':
      return { kind: 'failed', error };
    case 'expired':
      return { kind: 'expired', error, wasReady: facts.isLinkExpired };
  }
}
