import type { OpenFailure } from './sqliteErrors';

/** State of the store. Failures are retried automatically, and on request. */
export type StoreState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening'; readonly since: number }
  | { readonly kind: 'open' }
  /** A newer version of the extension owns the store, or write permission is missing. */
  | { readonly kind: 'readOnly'; readonly reason: 'newer' | 'noRights'; readonly retryAt?: number }
  /** `detail` is the system's own message. */
  | {
      readonly kind: 'failed';
      readonly reason: OpenFailure;
      readonly detail: string;
      readonly retryAt: number;
    }
  | { readonly kind: 'closing' };

/** Why the store can't be written. */
export type ReadOnlyReason = 'newer' | 'noRights' | 'windowCloses' | OpenFailure;

/** The store can't be written. The reason decides the user's message. */
export class ReadOnlyStoreError extends Error {
  override readonly name = 'ReadOnlyStoreError';
  readonly reason: ReadOnlyReason;

  constructor(reason: ReadOnlyReason, cause?: unknown) {
    super(`the task store can't be written (${reason})`, { cause });
    this.reason = reason;
  }
}

/** This window has closed the store. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';
}
