import type { OpenFailure } from './sqliteErrors';

/** Where the store stands. Nothing here is final: what failed is tried again, by itself and when somebody asks. */
export type StoreState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening'; readonly since: number }
  | { readonly kind: 'open' }
  /** A newer version of the extension owns the store, or this user may not write to it. */
  | { readonly kind: 'readOnly'; readonly reason: 'newer' | 'noRights'; readonly retryAt?: number }
  /** `detail` is the system's own message. */
  | {
      readonly kind: 'failed';
      readonly reason: OpenFailure;
      readonly detail: string;
      readonly retryAt: number;
    }
  | { readonly kind: 'closing' };

/** Why nothing can be written. */
export type ReadOnlyReason = 'newer' | 'noRights' | 'windowCloses' | OpenFailure;

/** The store can't be written; the reason decides the sentence for the user. */
export class ReadOnlyStoreError extends Error {
  override readonly name = 'ReadOnlyStoreError';
  readonly reason: ReadOnlyReason;

  constructor(reason: ReadOnlyReason, cause?: unknown) {
    super(`the task store can't be written (${reason})`, { cause });
    this.reason = reason;
  }
}

/** The window has closed the store: nothing can be written from it any more. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';
}
