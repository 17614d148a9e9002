import type { Dialect } from './gatewayOptions';
import { errorE1, type GatewayResponse } from './gatewayResponse';

/** A key and its restrictions. By default, there are none. */
export interface AccountOptions {
  readonly key: string;
  /** Tasks are visible to all keys of the same user, and to no other user. */
  readonly user?: string;
  readonly group?: string;
  /** Models the key may use. Absent means all. */
  readonly models?: readonly string[];
  /** Error of the key or the account (API reference 10.4). */
  readonly error?: AccountError;
  /** Points of the user, shared by all the user's keys. Absent means plenty. */
  readonly quota?: number;
  /** Limit of this key in points. Absent means none. */
  readonly keyQuota?: number;
}

export type AccountError =
  | 'expired'
  | 'exhausted'
  | 'disabled'
  | 'ipNotAllowed'
  | 'banned'
  | 'groupDisabled'
  | 'groupRetired'
  | 'balanceTooLow';

export interface Account {
  readonly key: string;
  readonly user: string;
  readonly group: string;
  readonly models: readonly string[] | undefined;
  readonly error: AccountError | undefined;
  readonly quota: number | undefined;
  readonly keyQuota: number | undefined;
}

export type AuthResult = { readonly account: Account } | { readonly refusal: GatewayResponse };

/**
 * Keys and their restrictions (API reference, sections 2 and 10.4). Like the service, it strips `Bearer ` and
 * `sk-`, and only the part before the next `-` counts.
 */
export class Accounts {
  readonly #accounts: readonly Account[];
  readonly #dialect: Dialect;

  constructor(keys: readonly (string | AccountOptions)[], dialect: Dialect = 'nebula') {
    this.#dialect = dialect;
    this.#accounts = keys.map((entry) => {
      const options: AccountOptions = typeof entry === 'string' ? { key: entry } : entry;
      if (!/^sk-[^-\s]+$/.test(options.key))
        throw new Error('A key must be "sk-" and letters or digits, without a further "-".');
      return {
        key: options.key,
        user: options.user ?? options.key,
        group: options.group ?? 'default',
        models: options.models,
        error: options.error,
        quota: options.quota,
        keyQuota: options.keyQuota,
      };
    });
  }

  get all(): readonly Account[] {
    return this.#accounts;
  }

  get keys(): readonly string[] {
    return this.#accounts.map((account) => account.key);
  }

  find(header: string | undefined): Account | undefined {
    const token = parseToken(header);
    return token === '' ? undefined : this.#accounts.find((account) => parseToken(account.key) === token);
  }

  /** Returns true if an accepted key is anywhere in the text. Finds keys where they don't belong. */
  occursIn(text: string): boolean {
    return this.#accounts.some((account) => text.includes(account.key.slice('sk-'.length)));
  }

  /** Removes accepted keys from a text before it's logged. */
  redact(text: string): string {
    return this.#accounts.reduce(
      (cleaned, { key }) => cleaned.replaceAll(key.slice('sk-'.length), '***'),
      text,
    );
  }

  /** Authenticates every API call (API reference 10.4: a missing key differs from a wrong one). */
  authenticate(header: string | undefined, shape: 'gateway' | 'documented', requestId: string): AuthResult {
    const account = this.find(header);
    if (account === undefined) {
      if (shape === 'documented') return { refusal: documented401() };
      const message = parseToken(header) === '' ? '未提供令牌' : '无效的令牌';
      return { refusal: gatewayRefusal(this.#dialect, 401, message, requestId) };
    }
    const error = account.error === undefined ? undefined : accountErrors[account.error](account);
    if (error === undefined) return { account };
    return { refusal: gatewayRefusal(this.#dialect, error.status, error.message, requestId) };
  }
}

/**
 * E1 as the auth layer writes it: its own type, an empty code, the request ID in the message (API reference,
 * 2 and 10.2).
 */
export function gatewayRefusal(
  dialect: Dialect,
  status: number,
  message: string,
  requestId: string,
  code = '',
): GatewayResponse {
  return errorE1(status, {
    message: `${message} (request id: ${requestId})`,
    type: dialect === 'nebula' ? 'nebula_api_error' : 'new_api_error',
    code,
  });
}

/** 401 as the documentation prints it (API reference 10.1). */
export const documented401 = (): GatewayResponse =>
  errorE1(401, {
    message: 'the key was not accepted',
    type: 'authentication_error',
    code: 'invalid_api_key',
  });

/** "This key may not use this model" (API reference 10.4). */
export const modelForbidden = (dialect: Dialect, model: string, requestId: string): GatewayResponse =>
  gatewayRefusal(dialect, 403, `该令牌无权访问模型 ${model}`, requestId);

/** "This key has used up its quota" (API reference 10.4). The gateway shows the two ends of the key. */
export const keyExhausted = (dialect: Dialect, key: string, requestId: string): GatewayResponse =>
  gatewayRefusal(dialect, 401, exhaustedMessage(key), requestId);

const exhaustedMessage = (key: string): string =>
  `[sk-${key.slice(3, 6)}***${key.slice(-3)}] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = 0`;

function parseToken(header: string | undefined): string {
  const stripScheme = (header ?? '').replace(/^Bearer /, '');
  return stripScheme.replace(/^sk-/, '').split('-')[0]?.trim() ?? '';
}

type AccountErrorResponse = (account: Account) => { status: 401 | 403; message: string } | undefined;

const accountErrors: Record<AccountError, AccountErrorResponse> = {
  expired: () => ({ status: 401, message: '该令牌已过期' }),
  exhausted: ({ key }) => ({ status: 401, message: exhaustedMessage(key) }),
  disabled: () => ({ status: 401, message: '该令牌状态不可用' }),
  ipNotAllowed: () => ({ status: 403, message: '您的 IP 不在令牌允许访问的列表中' }),
  banned: () => ({ status: 403, message: '用户已被封禁' }),
  groupDisabled: ({ group }) => ({ status: 403, message: `令牌分组 ${group} 已被禁用` }),
  groupRetired: ({ group }) => ({ status: 403, message: `分组 ${group} 已被弃用` }),
  // Only a submit checks the balance.
  balanceTooLow: () => undefined,
};
