import { startPretendGateway, type PretendGateway } from '../../gateway/pretendGateway';
import { assertNoLeak } from '../../support/keySearch';
import { setEnvironmentKey, setSetting } from './extension';
import { MARKER_KEY } from './markerKey';

/**
 * Starts a pretend gateway whose tasks take only as long as their encoding, and configures it in the
 * settings.
 */
export async function useQuickGateway(): Promise<PretendGateway> {
  const gateway = await startPretendGateway({
    keys: [MARKER_KEY],
    render: { unknownMs: 0, queuedMs: 100, runningMs: 1_500 },
  });
  await setSetting('baseUrl', gateway.baseUrl);
  await setSetting('pollSeconds', 3);
  return gateway;
}

/**
 * Resets the settings and stops the gateway.
 * @throws if the key was sent anywhere except in its header
 */
export async function leaveGateway(gateway: PretendGateway): Promise<void> {
  setEnvironmentKey(undefined);
  await setSetting('baseUrl', undefined);
  await setSetting('pollSeconds', undefined);
  await setSetting('confirm', undefined);
  await gateway.stop();
  assertNoLeak(gateway.key, { requests: gateway.log });
}
