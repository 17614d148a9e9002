import type { L10n } from '../common/l10n';
import type { StoredFailure } from './failure';

/**
 * Messages of the gateway that say more than the kind of the failure (API reference 10.4), and what the user sees
 * instead.
 */
const REFUSALS: readonly (readonly [RegExp, (l10n: L10n) => string])[] = [
  [/令牌已过期/, (l10n) => l10n.t('Your API key has expired.')],
  [/令牌状态不可用/, (l10n) => l10n.t('Your API key is disabled.')],
  [/IP 不在令牌允许访问/, (l10n) => l10n.t("Your API key can't be used from this network.")],
  [/用户已被封禁/, (l10n) => l10n.t('Your account is blocked.')],
  [/分组.{0,60}已被(禁用|弃用)/, (l10n) => l10n.t("Your API key's group is disabled or no longer exists.")],
  [/令牌额度已用尽/, quotaMessage],
  [/^invalid url \([A-Z]+ /i, (l10n) => l10n.t("No video API at this address. Check 'nebulaVideo.baseUrl'.")],
];

export function quotaMessage(l10n: L10n): string {
  return l10n.t("Your balance or your API key's quota is too low.");
}

/** Returns true if a filter blocked the audio, not the prompt. */
export function isAboutSound({ gatewayCode = '', detail = '' }: StoredFailure): boolean {
  return /output_?audio|output audio/i.test(`${gatewayCode} ${detail}`);
}

/** The user's message for a known refusal; undefined for others. */
export function knownErrorMessage(text: string, l10n: L10n): string | undefined {
  return REFUSALS.find(([sign]) => sign.test(text))?.[1](l10n);
}
