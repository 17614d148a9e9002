import type { L10n } from '../../core/common/l10n';
import { normalizeApiKey, parseApiKey } from '../../core/gateway/apiKey';
import { DEFAULT_BASE_URL, originOf } from '../../core/gateway/baseUrl';
import type { AppContext } from '../common/appContext';
import type { ConnectionState } from './connection';
import type { OriginApproval } from './originApproval';
import { KEY_VARIABLE, type Keychain } from './keychain';
import { invalidBaseUrlMessage, keyLockedSentence, noKeyMessage } from '../common/rejection';

interface Dependencies extends Pick<
  AppContext,
  'settings' | 'dialogs' | 'notifications' | 'messages' | 'l10n' | 'runInBackground'
> {
  readonly keychain: Keychain;
  readonly look: () => Promise<ConnectionState>;
}

/** Prompts for a key and stores it. Then checks in the background whether the gateway accepts it. */
export async function setApiKey(deps: Dependencies): Promise<void> {
  const { keychain, settings, dialogs, messages, l10n } = deps;
  const baseUrl = settings.baseUrl();
  const text = await dialogs.text({
    title: l10n.t('Set API Key'),
    prompt: l10n.t(
      'Your Nebula API key. It is kept in this system’s secret storage and sent to {0} only.',
      new URL(baseUrl ?? DEFAULT_BASE_URL).host,
    ),
    placeholder: 'sk-…',
    secret: true,
    validate: (value) => invalidKeyMessage(value, l10n),
  });
  const key = text === undefined ? undefined : normalizeApiKey(text);
  if (key === undefined) return;
  if (!(await keychain.set(key, baseUrl === undefined ? undefined : originOf(baseUrl)))) {
    messages.keyForThisWindowOnly();
  }
  deps.runInBackground(checkNewKey(deps));
}

export async function removeApiKey({ keychain, messages, l10n }: Dependencies): Promise<void> {
  const before = await keychain.place();
  if (before === undefined) {
    messages.nothingSuitable(l10n.t('There is no API key to remove.'));
    return;
  }
  if (!(await keychain.remove())) messages.keyNotRemoved();
  else if ((await keychain.place()) === 'environment') messages.environmentKeyStays(KEY_VARIABLE);
  else messages.keyRemoved();
}

/**
 * Asks the user to approve an address for the key.
 * @param baseUrl base URL of the task that needs it. Defaults to the setting.
 */
export async function approveAddress(
  {
    settings,
    approval,
    messages,
    l10n,
  }: Pick<Dependencies, 'settings' | 'messages' | 'l10n'> & {
    readonly approval: OriginApproval;
  },
  baseUrl = settings.baseUrl(),
): Promise<void> {
  if (baseUrl === undefined) {
    messages.badOrigin(invalidBaseUrlMessage(l10n));
    return;
  }
  const { kind } = await approval.keyFor(originOf(baseUrl), 'person');
  if (kind === 'none') messages.noKey(noKeyMessage(l10n));
  else if (kind === 'locked') messages.keyLocked(keyLockedSentence(l10n));
  else if (kind === 'key') messages.addressApproved(new URL(baseUrl).host);
}

/** Shows whether the gateway can be reached and accepts the key. */
export async function testConnection({ notifications, messages, l10n, look }: Dependencies): Promise<void> {
  const state = await notifications.progress(l10n.t('Testing the connection to Nebula …'), look);
  switch (state.kind) {
    case 'works':
      messages.connectionWorks(state.host, state.models, state.known);
      return;
    case 'keyRefused':
      messages.keyRefused(state.host, state.details);
      return;
    case 'unreachable':
      messages.unreachable(state.host, state.details);
      return;
    case 'strange':
      messages.strangeAnswer(state.host, state.details);
      return;
    case 'noKey':
      messages.noKey(noKeyMessage(l10n));
      return;
    case 'keyLocked':
      messages.keyLocked(keyLockedSentence(l10n));
      return;
    case 'badAddress':
      messages.badOrigin(invalidBaseUrlMessage(l10n));
      return;
    case 'notApproved':
      // The user just declined.
      return;
  }
}

async function checkNewKey({ messages, l10n, look }: Dependencies): Promise<void> {
  const state = await look();
  switch (state.kind) {
    case 'works':
      messages.keyWorks(state.host);
      return;
    case 'keyRefused':
      messages.keyStoredButRefused(state.host, state.details);
      return;
    case 'unreachable':
    case 'strange':
      messages.keyNotChecked(state.host);
      return;
    case 'badAddress':
      messages.badOrigin(invalidBaseUrlMessage(l10n));
      return;
    case 'noKey':
    case 'keyLocked':
    case 'notApproved':
      messages.keyStored();
      return;
  }
}

function invalidKeyMessage(text: string, l10n: L10n): string | undefined {
  const read = parseApiKey(text);
  if ('key' in read) return undefined;
  switch (read.fault) {
    case 'empty':
      return l10n.t('Paste the key, or press Escape to leave things as they are.');
    case 'blanks':
      return l10n.t('This cannot be a key: there is a blank in it. Perhaps more than the key was copied.');
    case 'characters':
      return l10n.t(
        'This cannot be a key: there is a character in it that cannot be sent. Copy it once more from Nebula.',
      );
    case 'short':
      return l10n.t('This cannot be a key: it is too short. Perhaps only a part of it was copied.');
    case 'several':
      return l10n.t('There is more than one key in it. Paste only the one to use.');
    case 'long':
      return l10n.t('This cannot be a key: it is too long. Perhaps more than the key was copied.');
  }
}
