import type { CancellationToken } from 'vscode';

/**
 * Runs work with a signal that a token aborts. The work decides what a canceled token means, and is always awaited.
 */
export async function withSignal<T>(
  token: CancellationToken | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  if (token?.isCancellationRequested) controller.abort();
  const listener = controller.signal.aborted
    ? undefined
    : token?.onCancellationRequested(() => controller.abort());
  try {
    return await work(controller.signal);
  } finally {
    listener?.dispose();
  }
}

/**
 * As {@link withSignal}, but rejects as soon as the token is canceled. Only for work whose result may be dropped.
 * @param canceled makes the error to reject with
 */
export async function untilCanceled<T>(
  token: CancellationToken | undefined,
  canceled: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withSignal(token, async (signal) => {
    if (signal.aborted) throw canceled();
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(canceled()), { once: true });
    });
    return Promise.race([work(signal), stopped]);
  });
}
