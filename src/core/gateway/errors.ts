import type { Evidence } from '../common/evidence';

/** Why an exchange failed, regardless of what that means for a task. */
export type GatewayErrorKind =
  /** No connection: refused, no such host, or TLS. No byte of the request was sent. */
  | 'unreachable'
  /** The connection ended after it was established. */
  | 'cut'
  | 'timeout'
  /** An unreadable response: not JSON, empty, or without a video. */
  | 'badReply'
  /** More arrived, or was declared, than is accepted. */
  | 'tooLong'
  /** A proxy refused, or couldn't be reached. */
  | 'proxy'
  /** A readable response that reports an error. */
  | 'refused'
  /** Canceled by the extension. */
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
  /** True if it comes from a host other than the gateway. */
  readonly elsewhere?: boolean;
  /** True if certainly nothing of the request reached the gateway. Always true for `unreachable`. */
  readonly nothingSent?: boolean;
  /** The response, redacted. */
  readonly evidence?: Evidence | undefined;
  readonly cause?: unknown;
}

/**
 * A failed exchange with the gateway or a result host. `message` is the other side's text (redacted) or a technical
 * description; it isn't shown to the user as it is.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: GatewayErrorKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly elsewhere: boolean;
  /** True if the request can be sent again without doing anything twice. */
  readonly nothingSent: boolean;
  readonly evidence: Evidence | undefined;

  constructor(kind: GatewayErrorKind, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.elsewhere = details.elsewhere ?? false;
    this.nothingSent = details.nothingSent ?? kind === 'unreachable';
    this.evidence = details.evidence;
  }

  /** A copy of the error with some details replaced. */
  with(details: GatewayErrorDetails, message = this.message): GatewayError {
    const { status, code, requestId, retryAfterMs, elsewhere, nothingSent, evidence, cause } = this;
    const known = { status, code, requestId, retryAfterMs, elsewhere, nothingSent, evidence, cause };
    return new GatewayError(this.kind, message, { ...known, ...details });
  }
}
