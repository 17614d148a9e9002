import type { L10n } from '../common/l10n';
import type { StoredFailure } from './failure';

/**
 * Known messages by which the gateway refuses a request (API reference 10.4), and what the user sees instead. Only for
 * refusals whose kind alone would be misleading.
 */
const REFUSALS: readonly (readonly [RegExp, (l10n: L10n) => string])[] = [
  [/未提供令牌/, (l10n) => l10n.t('No key arrived at the gateway. Set your key, then generate again.')],
  [/令牌已过期/, (l10n) => l10n.t('The key has expired. Set another key, then generate again.')],
  [
    /令牌状态不可用/,
    (l10n) =>
      l10n.t(
        'The key is switched off at Nebula. Switch it on there or set another key, then generate again.',
      ),
  ],
  [
    /令牌额度已用尽/,
    (l10n) =>
      l10n.t('The key’s own quota is used up. Raise it at Nebula or set another key, then generate again.'),
  ],
  [
    /IP 不在令牌允许访问/,
    (l10n) =>
      l10n.t(
        'The key may not be used from your network address. Allow the address at Nebula or use another key.',
      ),
  ],
  [/用户已被封禁/, (l10n) => l10n.t('Nebula has blocked this account. Ask Nebula about it.')],
  [
    /分组.{0,60}已被(禁用|弃用)/,
    (l10n) =>
      l10n.t(
        'The key’s group is no longer in use at Nebula. Choose another group for the key there, or use another key.',
      ),
  ],
  [
    /^invalid url \([A-Z]+ /i,
    (l10n) =>
      l10n.t(
        'There is no video API at this address. Check the setting "nebulaVideo.baseUrl", then generate again.',
      ),
  ],
];

/** Returns true if a filter blocked the audio, not the prompt. */
export function isAboutSound({ gatewayCode = '', detail = '' }: StoredFailure): boolean {
  return /output_?audio|output audio/i.test(`${gatewayCode} ${detail}`);
}

/** The user's message for a known refusal; undefined for others. */
export function knownErrorMessage(text: string, l10n: L10n): string | undefined {
  return REFUSALS.find(([sign]) => sign.test(text))?.[1](l10n);
}

/** The gateway's text, with an explanation if the gateway uses the same text for any cause (10.3). */
export function explainDetail(text: string, l10n: L10n): string {
  if (text.includes('请求上游地址失败'))
    return l10n.t('{0} (the gateway could not reach its provider)', text);
  if (text.includes('上游负载已饱和')) return l10n.t('{0} (the provider has too much to do)', text);
  return text;
}
