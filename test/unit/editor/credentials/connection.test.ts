import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Engine } from '../../../../src/core/engine';
import { GatewayError, type GatewayErrorKind } from '../../../../src/core/gateway/errors';
import { checkConnection, type ConnectionState } from '../../../../src/editor/credentials/connection';
import { testConnection } from '../../../../src/editor/credentials/keyCommands';
import { catalog } from '../../../support/catalog';
import { RecordingNotifications } from '../../../support/recordingNotifications';

async function check(kind: GatewayErrorKind, status: number | undefined): Promise<ConnectionState> {
  const models = () => Promise.reject(new GatewayError(kind, 'no', { status }));
  const engine = { client: { models } } as unknown as Engine;
  return checkConnection({
    catalog,
    engine: { open: () => Promise.resolve(engine) },
    settings: { baseUrl: () => 'https://gateway.example' },
    log: { warn: () => undefined },
    keychain: { place: () => Promise.resolve('keyring') },
    approval: { keyFor: () => Promise.resolve({ kind: 'key', key: 'k' }) },
    onModels: () => Promise.resolve(),
  } as unknown as Parameters<typeof checkConnection>[0]);
}

describe('the connection test', () => {
  for (const [name, [error, status], kind, message] of [
    ['a rate limit', ['refused', 429], 'busy', /^The gateway is busy\. Try again/],
    ['an overloaded gateway', ['badReply', 503], 'busy', /^The gateway is busy\. Try again/],
    ['denied access', ['refused', 403], 'accessDenied', /^The gateway denied access\./],
    ['a rejected key', ['refused', 401], 'keyRefused', /^The gateway rejected your API key\.$/],
    ['another address', ['refused', 404], 'invalidResponse', /^No valid response from gateway\.example\./],
    ['a page', ['badReply', 403], 'invalidResponse', /^No valid response from gateway\.example\./],
    ['no connection', ['unreachable', undefined], 'unreachable', /^Couldn't connect to gateway\.example\./],
  ] as const) {
    it(`tells ${name} from the others`, async () => {
      const state = await check(error, status);
      assert.equal(state.kind, kind);
      const shown = new RecordingNotifications();
      await testConnection({
        ...{ notifications: shown.notifications, l10n: untranslatedL10n },
        look: () => Promise.resolve(state),
      } as unknown as Parameters<typeof testConnection>[0]);
      assert.match(shown.last.message, message);
    });
  }
});
