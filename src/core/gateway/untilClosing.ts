import { GatewayError } from './errors';
import type { HttpResponse } from './http';

const MAX_HEAD_BYTES = 64 * 1024;

/** Yields a body, but ends the exchange if the window closes and the body already has an ID. @throws GatewayError `cut` */
export async function* untilClosing(
  response: HttpResponse,
  closing: AbortSignal,
  hasId: (head: Uint8Array) => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  const iterator = response.body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  const stop = Promise.withResolvers<'closing'>();
  const onClosing = () => stop.resolve('closing');
  if (closing.aborted) onClosing();
  else closing.addEventListener('abort', onClosing, { once: true });
  const head: Buffer[] = [];
  let headBytes = 0;
  let isPending = true;
  try {
    for (;;) {
      const next = iterator.next();
      isPending = true;
      if ((await Promise.race([next, stop.promise])) === 'closing' && (await hasId(Buffer.concat(head)))) {
        next.catch(() => undefined);
        response.close();
        throw new GatewayError('cut', 'the window closed');
      }
      const { value } = await next;
      isPending = false;
      if (value === undefined) return;
      if (headBytes < MAX_HEAD_BYTES) head.push(Buffer.from(value));
      headBytes += value.length;
      yield value;
    }
  } finally {
    closing.removeEventListener('abort', onClosing);
    // A generator with a pending `next` can't return.
    if (!isPending) await iterator.return?.();
  }
}
