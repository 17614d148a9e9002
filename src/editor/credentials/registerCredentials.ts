import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import type { AppContext, Feature } from '../common/appContext';
import { idsFromArguments } from '../common/taskPicker';
import { GatewayModels } from './gatewayModels';
import type { Keychain } from './keychain';
import { KeyStatusMonitor } from './keyStatusMonitor';
import { OriginApproval } from './originApproval';

export interface CredentialsFeature extends Feature {
  readonly keychain: Keychain;
  readonly approval: OriginApproval;
  readonly gatewayModels: GatewayModels;
  /** Asks for a key, as Set API Key does. */
  readonly setKey: () => Promise<void>;
  /** Fires with the line to show above the task list, or undefined if the key is fine. */
  readonly onDidChangeLine: Event<string | undefined>;
}

/** Sets up the API key, the addresses that it may be sent to, and the models that the gateway lists for it. */
export function registerCredentials(
  context: AppContext,
  { keychain }: { readonly keychain: Keychain },
): CredentialsFeature {
  const { engine, contextKeys, subscriptions, runInBackground, log } = context;
  const approval = new OriginApproval({ ...context, keychain });
  const line = subscriptions.add(new Emitter<string | undefined>((error) => log.error(describeError(error))));
  const status = subscriptions.add(
    new KeyStatusMonitor({
      ...context,
      showLine: (text) => line.fire(text),
      setRefused: (refused) => contextKeys.setKeyRefused(refused),
    }),
  );
  const gatewayModels = new GatewayModels({ ...context, memory: context.mementos.global, keys: keychain });
  const look = async () => {
    const onModels = async (baseUrl: string, ids: readonly string[]) => gatewayModels.update(baseUrl, ids);
    const { checkConnection } = await import('./connection');
    const state = await checkConnection({ ...context, keychain, approval, onModels });
    status.connectionChecked(state);
    return state;
  };
  const deps = { ...context, keychain, approval, look };
  subscriptions.add(
    keychain.onDidChange(() => {
      runInBackground(
        (async () => {
          status.keyChanged();
          await gatewayModels.forget();
          contextKeys.setHasKey((await keychain.place()) !== undefined);
          await engine.current.keyChanged();
        })(),
      );
    }),
  );
  const load = async () => import('./keyCommands');
  const setKey = async () => (await load()).setApiKey(deps);
  return {
    ...{ keychain, approval, gatewayModels, setKey },
    onDidChangeLine: line.event,
    commands: {
      'nebulaVideo.setApiKey': { run: setKey },
      'nebulaVideo.removeApiKey': { run: async () => (await load()).removeApiKey(deps) },
      'nebulaVideo.approveAddress': {
        run: async (args) => {
          const [id] = idsFromArguments(args) ?? [];
          const task = id === undefined ? undefined : (await engine.open()).task(id);
          const { approveAddress } = await load();
          await approveAddress(deps, task?.origin);
        },
      },
      'nebulaVideo.testConnection': { run: async () => (await load()).testConnection(deps) },
    },
  };
}
