import { KeyLockedError, Rejection } from '../../common/rejection';
import type { RequestSender } from './requestSender';

export interface ReadyDependencies {
  readonly sender: RequestSender;
  /** Asks for a key, as Set API Key does. */
  readonly setKey: () => Promise<void>;
}

/**
 * Checks that a request can be sent before the user writes one. Asks for a missing key.
 * @returns false if the user entered no key
 * @throws {@link Rejection} if nothing can be sent
 */
export async function ensureReadyToSend({ sender, setKey }: ReadyDependencies): Promise<boolean> {
  if (await canSend(sender)) return true;
  await setKey();
  return canSend(sender);
}

async function canSend(sender: RequestSender): Promise<boolean> {
  try {
    await sender.checkReady();
    return true;
  } catch (error) {
    if (error instanceof KeyLockedError) throw error;
    if (error instanceof Rejection && error.code === 'noKey') return false;
    throw error;
  }
}
