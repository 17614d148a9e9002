import type { OriginKind } from '../common/originKind';
import type { Charged } from './task';

/** Outcome of a request, as far as it affects the charge. */
export type ChargeOutcome =
  /** No byte was sent. */
  | 'notSent'
  /** Sent, but no response tells the outcome. */
  | 'outcomeUnknown'
  /** A task ID arrived, but later the gateway didn't know it. */
  | 'idDenied'
  | 'succeeded'
  /** Succeeded with fewer videos than requested. */
  | 'fewerVideos'
  /** Succeeded, but without any video: filtered, or no link. */
  | 'noVideo'
  | 'failed'
  /** Failed because the gateway removed the provider's channel; stock new-api doesn't refund that. */
  | 'channelGone'
  /** Failed because the gateway stopped waiting for the provider. */
  | 'timedOut'
  /** Succeeded, and the link expired before the video was downloaded. */
  | 'linkExpired'
  /** A refusal of the submit that came without a task ID. */
  | { readonly refusedStatus: number; readonly noChannel?: boolean };

type Row = Extract<ChargeOutcome, string> | 'refused' | 'refusedUnclear';

/** `refunded`: reserved with the submit, and usually returned. A refund can fail, so it counts as unknown. */
type Cell = Charged | 'refunded';

/**
 * The charge by outcome and origin (money-and-gateways 2.5). `no` requires that nothing was sent or that the rules of the
 * origin say so. `failed` is documented as free at Nebula only. A refusal without an ID is free everywhere
 * (DESIGN 5); an expired link at an unknown origin doesn't prove that the video existed.
 */
const TABLE: Readonly<Record<Row, Readonly<Record<OriginKind, Cell>>>> = {
  notSent: { nebula: 'no', newapi: 'no', unknown: 'no', openrouter: 'no' },
  refused: { nebula: 'no', newapi: 'no', unknown: 'no', openrouter: 'no' },
  refusedUnclear: { nebula: 'unknown', newapi: 'unknown', unknown: 'unknown', openrouter: 'unknown' },
  outcomeUnknown: { nebula: 'unknown', newapi: 'unknown', unknown: 'unknown', openrouter: 'unknown' },
  idDenied: { nebula: 'unknown', newapi: 'unknown', unknown: 'unknown', openrouter: 'unknown' },
  succeeded: { nebula: 'yes', newapi: 'yes', unknown: 'yes', openrouter: 'yes' },
  fewerVideos: { nebula: 'yes', newapi: 'yes', unknown: 'unknown', openrouter: 'yes' },
  noVideo: { nebula: 'unknown', newapi: 'yes', unknown: 'unknown', openrouter: 'unknown' },
  failed: { nebula: 'no', newapi: 'refunded', unknown: 'unknown', openrouter: 'unknown' },
  channelGone: { nebula: 'no', newapi: 'unknown', unknown: 'unknown', openrouter: 'unknown' },
  // Nebula sets no time limit (money-and-gateways 2.1), so a timeout is a failure like any other.
  timedOut: { nebula: 'no', newapi: 'refunded', unknown: 'unknown', openrouter: 'unknown' },
  linkExpired: { nebula: 'yes', newapi: 'yes', unknown: 'unknown', openrouter: 'yes' },
};

/** Statuses by which a gateway refuses a submit before anything is generated (DESIGN 5). */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 413, 415, 422, 429]);

/** Message of a failure that stock new-api doesn't refund (money-and-gateways 2.2). */
const CHANNEL_GONE = /获取渠道信息失败|failed to get channel info/i;
/** Message of stock new-api's own time limit. */
const TIMED_OUT = /任务超时|task (timeout|timed out)/i;

/** Returns what is known about the charge of a request at an origin of this kind. */
export function chargeStatus(origin: OriginKind, outcome: ChargeOutcome): Charged {
  const cell = cellFor(origin, outcome);
  return cell === 'refunded' ? 'unknown' : cell;
}

/** Returns true if an origin of this kind usually refunds a request that ended like this. */
export function isUsuallyRefunded(origin: OriginKind, outcome: ChargeOutcome): boolean {
  return cellFor(origin, outcome) === 'refunded';
}

/** Classifies the gateway's reason for a failed task. */
export function failedOutcome(reason: string): 'failed' | 'channelGone' | 'timedOut' {
  if (CHANNEL_GONE.test(reason)) return 'channelGone';
  return TIMED_OUT.test(reason) ? 'timedOut' : 'failed';
}

function cellFor(origin: OriginKind, outcome: ChargeOutcome): Cell {
  return TABLE[typeof outcome === 'string' ? outcome : refusalRow(outcome)][origin];
}

function refusalRow({ refusedStatus: status, noChannel = false }: Exclude<ChargeOutcome, string>): Row {
  const isRedirect = status >= 300 && status < 400;
  return REFUSALS.has(status) || isRedirect || noChannel ? 'refused' : 'refusedUnclear';
}
