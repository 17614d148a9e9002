import type { L10n } from '../../core/common/l10n';
import { normalizeApiKey, parseApiKey } from '../../core/gateway/apiKey';
import { DEFAULT_BASE_URL, originOf } from '../../core/gateway/baseUrl';
import {
  accessDeniedMessage,
  busyMessage,
  keyLockedMessage,
  keyRejectedMessage,
  noKeyMessage,
  proxyMessage,
  unreachableMessage,
} from '../../core/task/failureMessage';
import type { AppContext } from '../common/appContext';
import { invalidBaseUrlMessage } from '../common/rejection';
import type { ConnectionState } from './connection';
import { KEY_VARIABLE, type Keychain } from './keychain';
import type { OriginApproval } from './originApproval';

interface Dependencies extends Pick<
  AppContext,
  'settings' | 'dialogs' | 'notifications' | 'commandTitles' | 'l10n' | 'runInBackground'
> {
  readonly keychain: Keychain;
  readonly look: () => Promise<ConnectionState>;
}

type MessageDependencies = Pick<Dependencies, 'notifications' | 'l10n'>;

/** Prompts for a key and stores it. Then checks in the background whether the gateway accepts it. */
export async function setApiKey(deps: Dependencies): Promise<void> {
  const { keychain, settings, dialogs, notifications, commandTitles, l10n } = deps;
  const baseUrl = settings.baseUrl();
  const { host } = new URL(baseUrl ?? DEFAULT_BASE_URL);
  const text = await dialogs.text({
    title: commandTitles.plain('nebulaVideo.setApiKey'),
    prompt: l10n.t("Enter your API key. It's stored in the system keyring and sent only to {0}.", host),
    placeholder: 'sk-…',
    secret: true,
    validate: (value) => invalidKeyMessage(value, l10n),
  });
  const key = text === undefined ? undefined : normalizeApiKey(text);
  if (key === undefined) return;
  if (await keychain.set(key, baseUrl === undefined ? undefined : originOf(baseUrl))) {
    notifications.status(l10n.t('API key saved.'));
  } else {
    const message = l10n.t("Couldn't save the API key. It's used until this window closes.");
    notifications.show('warning', message, [notifications.command('nebulaVideo.showLog')]);
  }
  deps.runInBackground(checkNewKey(deps));
}

export async function removeApiKey({ keychain, notifications, l10n }: Dependencies): Promise<void> {
  const before = await keychain.place();
  if (before === undefined) {
    notifications.status(l10n.t('No API key to remove.'));
  } else if (!(await keychain.remove())) {
    // The command runner shows a message.
    throw new Error('the key could not be removed from the secret storage');
  } else if ((await keychain.place()) === 'environment') {
    notifications.show(
      'info',
      l10n.t('API key removed. The environment variable {0} is used instead.', KEY_VARIABLE),
    );
  } else {
    notifications.status(l10n.t('API key removed.'));
  }
}

/**
 * Asks the user to approve an address for the key.
 * @param baseUrl base URL of the task that needs it. Defaults to the setting.
 */
export async function approveAddress(
  deps: MessageDependencies & Pick<Dependencies, 'settings'> & { readonly approval: OriginApproval },
  baseUrl = deps.settings.baseUrl(),
): Promise<void> {
  const { approval, notifications, l10n } = deps;
  if (baseUrl === undefined) {
    showInvalidBaseUrl(deps);
    return;
  }
  const { kind } = await approval.keyFor(originOf(baseUrl), 'person');
  if (kind === 'none') showNoKey(deps);
  else if (kind === 'locked') showKeyLocked(deps);
  else if (kind === 'key') {
    notifications.status(l10n.t('Your API key can now be sent to {0}.', new URL(baseUrl).host));
  }
}

/** Shows whether the gateway can be reached and accepts the key. */
export async function testConnection(deps: Dependencies): Promise<void> {
  const { notifications, l10n, look } = deps;
  const state = await notifications.progress(l10n.t('Testing connection…'), look);
  const openSettings = notifications.openSettings('baseUrl');
  const showLog = notifications.command('nebulaVideo.showLog');
  switch (state.kind) {
    case 'works': {
      const severity = state.known.length > 0 ? 'info' : 'warning';
      notifications.show(severity, connectedMessage(state, l10n));
      return;
    }
    case 'keyRefused':
      notifications.show('error', keyRejectedMessage(l10n), [
        notifications.command('nebulaVideo.setApiKey'),
        openSettings,
      ]);
      return;
    case 'busy':
      notifications.show('warning', connectionFailedMessage(state, l10n), [showLog]);
      return;
    case 'accessDenied':
      notifications.show('error', connectionFailedMessage(state, l10n), [
        notifications.command('nebulaVideo.setApiKey'),
        showLog,
      ]);
      return;
    case 'unreachable':
    case 'proxyRefused':
    case 'invalidResponse':
      notifications.show('error', connectionFailedMessage(state, l10n), [openSettings, showLog]);
      return;
    case 'noKey':
      showNoKey(deps);
      return;
    case 'keyLocked':
      showKeyLocked(deps);
      return;
    case 'badAddress':
      showInvalidBaseUrl(deps);
      return;
    case 'notApproved':
      // The user just declined.
      return;
  }
}

async function checkNewKey(deps: Dependencies): Promise<void> {
  const { notifications, l10n, look } = deps;
  const state = await look();
  switch (state.kind) {
    case 'works':
      notifications.status(connectedMessage(state, l10n));
      return;
    case 'keyRefused':
      notifications.show('warning', keyRejectedMessage(l10n), [
        notifications.command('nebulaVideo.setApiKey'),
        notifications.openSettings('baseUrl'),
      ]);
      return;
    case 'busy':
    case 'accessDenied':
    case 'unreachable':
    case 'proxyRefused':
    case 'invalidResponse':
      notifications.status(connectionFailedMessage(state, l10n));
      return;
    case 'badAddress':
      showInvalidBaseUrl(deps);
      return;
    case 'noKey':
    case 'keyLocked':
    case 'notApproved':
      return;
  }
}

function connectionFailedMessage(
  state: Extract<
    ConnectionState,
    { kind: 'busy' | 'accessDenied' | 'unreachable' | 'proxyRefused' | 'invalidResponse' }
  >,
  l10n: L10n,
): string {
  switch (state.kind) {
    case 'busy':
      return busyMessage(l10n);
    case 'accessDenied':
      return accessDeniedMessage(l10n);
    case 'unreachable':
      return unreachableMessage(state.host, l10n);
    case 'proxyRefused':
      return proxyMessage(state.host, l10n);
    case 'invalidResponse':
      return l10n.t("No valid response from {0}. Check 'nebulaVideo.baseUrl'.", state.host);
  }
}

function connectedMessage({ host, known }: Extract<ConnectionState, { kind: 'works' }>, l10n: L10n): string {
  return l10n.t('Connected to {0}. Supported models available to your key: {1}.', host, known.length);
}

function showNoKey({ notifications, l10n }: MessageDependencies): void {
  notifications.show('warning', noKeyMessage(l10n), [notifications.command('nebulaVideo.setApiKey')]);
}

function showKeyLocked({ notifications, l10n }: MessageDependencies): void {
  notifications.show('warning', keyLockedMessage(l10n), [notifications.command('nebulaVideo.showLog')]);
}

function showInvalidBaseUrl({ notifications, l10n }: MessageDependencies): void {
  notifications.show('error', invalidBaseUrlMessage(l10n), [notifications.openSettings('baseUrl')]);
}

function invalidKeyMessage(text: string, l10n: L10n): string | undefined {
  return 'key' in parseApiKey(text) ? undefined : l10n.t('Paste one complete API key.');
}
