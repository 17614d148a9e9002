import { originOf } from '../../core/gateway/baseUrl';
import { describeError } from '../../core/common/log';
import { GatewayError } from '../../core/gateway/errors';
import { classifyError } from '../../core/gateway/errorKinds';
import { toErrorInfo } from '../../core/tasks/failures';
import type { AppContext } from '../common/appContext';
import type { Keychain } from './keychain';
import type { OriginApproval } from './originApproval';

/** Result of a connection check. */
export type ConnectionState =
  | {
      readonly kind: 'works';
      readonly host: string;
      readonly known: readonly string[];
    }
  | { readonly kind: 'noKey' | 'keyLocked' }
  | { readonly kind: 'badAddress' }
  | { readonly kind: 'notApproved' }
  | { readonly kind: 'keyRefused'; readonly host: string }
  | { readonly kind: 'busy' | 'accessDenied' }
  | { readonly kind: 'unreachable' | 'proxyRefused' | 'invalidResponse'; readonly host: string };

interface Dependencies extends Pick<AppContext, 'catalog' | 'engine' | 'settings' | 'log'> {
  readonly keychain: Keychain;
  readonly approval: OriginApproval;
  /** Called with the models the gateway listed. */
  readonly onModels: (baseUrl: string, ids: readonly string[]) => Promise<void>;
}

const NO_KEY = { none: 'noKey', locked: 'keyLocked', notApproved: 'notApproved' } as const;

/** Checks the connection by listing the gateway's models (`GET /v1/models`), which is free. */
export async function checkConnection(deps: Dependencies): Promise<ConnectionState> {
  const { catalog, settings, keychain, approval, log, onModels } = deps;
  const place = await keychain.place();
  if (place === undefined || place === 'locked') return { kind: place ? 'keyLocked' : 'noKey' };
  const baseUrl = settings.baseUrl();
  if (baseUrl === undefined) return { kind: 'badAddress' };
  const answer = await approval.keyFor(originOf(baseUrl), 'person');
  if (answer.kind !== 'key') return { kind: NO_KEY[answer.kind] };
  const { host } = new URL(baseUrl);
  const engine = await deps.engine.open();
  try {
    const models = await engine.client.models({ baseUrl, key: answer.key });
    await onModels(baseUrl, models);
    const known = catalog.models.map(({ id }) => id).filter((id) => models.includes(id));
    return { kind: 'works', host, known };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn(`the gateway's models could not be read: ${describeError(error)}`);
    const info = toErrorInfo(error);
    if (error.kind === 'refused' && (info.status === 401 || classifyError(info) === 'key')) {
      return { kind: 'keyRefused', host };
    }
    if (error.kind === 'proxy') return { kind: 'proxyRefused', host };
    if (info.status === 429 || info.status >= 500) return { kind: 'busy' };
    if (error.kind === 'refused' && classifyError(info) === 'permission') return { kind: 'accessDenied' };
    const isSilent = ['unreachable', 'timeout', 'cut'].includes(error.kind);
    return { kind: isSilent ? 'unreachable' : 'invalidResponse', host };
  }
}
