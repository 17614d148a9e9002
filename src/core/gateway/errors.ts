import type { Evidence } from '../common/evidence';

/** What went wrong with an exchange, before anybody decides what it means for a task. */
export type GatewayErrorKind =
  /** Not connected: refused, no such name, TLS. No byte of the request left. */
  | 'unreachable'
  /** The connection ended or broke after it was made. */
  | 'cut'
  /** Nothing came for too long. */
  | 'timeout'
  /** An answer that cannot be read: not JSON, empty, no video in it. */
  | 'badReply'
  /** More came, or was announced, than is taken. */
  | 'tooLong'
  /** A proxy between here and the other side refused, or could not be reached itself. */
  | 'proxy'
  /** A readable answer that says no. */
  | 'refused'
  /** We ended it ourselves. */
  | 'aborted';

export interface GatewayErrorDetails {
  /** HTTP status, when one arrived. */
  readonly status?: number | undefined;
  /** The gateway's machine code, as text (API reference 10.5). */
  readonly code?: string | undefined;
  /** The request id of the reply, for support (API reference 2). */
  readonly requestId?: string | undefined;
  /** How long to wait before asking again, in ms, when the reply said so. */
  readonly retryAfterMs?: number | undefined;
  /** Another host than the gateway said it. */
  readonly elsewhere?: boolean;
  /** Certainly nothing of the request has reached the other side; so it is for `unreachable` anyway. */
  readonly nothingSent?: boolean;
  /** The response, redacted. */
  readonly evidence?: Evidence | undefined;
  readonly cause?: unknown;
}

/**
 * A failed exchange with the gateway or a result host. `message` is the other side's own words (redacted)
 * or a plain technical description; what the user reads is made from it elsewhere.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: GatewayErrorKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly elsewhere: boolean;
  /** Whether the request can be sent again without doing anything twice. */
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

  /** The same error with other details. */
  with(details: GatewayErrorDetails, message = this.message): GatewayError {
    const { status, code, requestId, retryAfterMs, elsewhere, nothingSent, evidence, cause } = this;
    const known = { status, code, requestId, retryAfterMs, elsewhere, nothingSent, evidence, cause };
    return new GatewayError(this.kind, message, { ...known, ...details });
  }
}
