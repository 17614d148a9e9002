import type { CancellationToken } from 'vscode';

/**
 * Runs work that a token may cancel: the promise then rejects at once, whatever the work makes of its signal.
 * A token that is cancelled from the start only shows in the signal, so that the work's checks come in their order.
 * @param cancelled makes the error to reject with
 */
export async function cancellable<T>(
  token: CancellationToken | undefined,
  cancelled: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  if (token?.isCancellationRequested) controller.abort();
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      controller.abort();
      reject(cancelled());
    };
  });
  const listener = controller.signal.aborted ? undefined : token?.onCancellationRequested(() => stop?.());
  try {
    return await Promise.race([work(controller.signal), stopped]);
  } finally {
    listener?.dispose();
  }
}
