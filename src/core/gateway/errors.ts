import type { Evidence } from '../common/evidence';

/** Why an exchange failed, regardless of what that means for a task. */
export type GatewayErrorKind =
  /** No connection: refused, no such host, or TLS. No byte of the request was sent. */
  | 'unreachable'
  /** The connection ended after it was established. */
  | 'cut'
  | 'timeout'
  /** Not JSON, empty, or without a video. */
  | 'badReply'
  | 'tooLong'
  | 'proxy'
  /** A readable response that reports an error. */
  | 'refused'
  | 'aborted';

export interface GatewayErrorDetails {
  /** HTTP status, if a response arrived. */
  readonly status?: number | undefined;
  /** The gateway's machine-readable code (API reference 10.5). */
  readonly code?: string | undefined;
  /** Request ID of the response, for support (API reference 2). */
  readonly requestId?: string | undefined;
  /** Retry-After of the response, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** True if it comes from a result host, not the gateway. */
  readonly isOtherHost?: boolean;
  /** True if certainly nothing of the request reached the gateway, so that it can be sent again. */
  readonly nothingSent?: boolean;
  readonly evidence?: Evidence | undefined;
  readonly cause?: unknown;
}

/**
 * A failed exchange with the gateway or a result host. `message` is the server's text (redacted) or a technical
 * description. Never show it in a notification.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: GatewayErrorKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isOtherHost: boolean;
  readonly nothingSent: boolean;
  readonly evidence: Evidence | undefined;

  constructor(kind: GatewayErrorKind, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.isOtherHost = details.isOtherHost ?? false;
    this.nothingSent = details.nothingSent ?? kind === 'unreachable';
    this.evidence = details.evidence;
  }

  with(details: GatewayErrorDetails, message = this.message): GatewayError {
    const { status, code, requestId, retryAfterMs, isOtherHost, nothingSent, evidence, cause } = this;
    const known = { status, code, requestId, retryAfterMs, isOtherHost, nothingSent, evidence, cause };
    return new GatewayError(this.kind, message, { ...known, ...details });
  }
}
