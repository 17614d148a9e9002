import { keyExhausted, type Account } from '../accounts';
import type { Exchange, GatewayState } from '../exchange';
import { findFamily } from '../families/families';
import { endpointTypes } from '../newapi/channels';
import { dashboardAmount } from '../money/amounts';
import { stockPrice } from '../money/prices';
import { empty, html, json, type GatewayResponse } from '../gatewayResponse';
import { OTHER_MODELS } from './models';

export const NEWAPI_VERSION = 'v0.9.25';
const NEBULA_VERSION = 'v0.8.6';
/** The dashboard's value for an unlimited key. */
const UNLIMITED = 100_000_000;
/** Maximum number of calls to the key pages from one address within the rate limit's window. */
const MAX_KEY_CALLS = 20;
const KEY_CALLS_WINDOW_MS = 20 * 60_000;

/** Site pages that need no key (money-and-gateways 1.1). */
export function publicPage(exchange: Exchange): GatewayResponse | undefined {
  switch (exchange.path) {
    case '/api/status':
      return status(exchange.state);
    case '/api/pricing':
      return pricing(exchange.state);
    case '/api/usage/token':
      return html(301, 'Moved Permanently', { location: '/api/usage/token/' });
    default:
      return undefined;
  }
}

/** Pages about the key. */
export function keyPage(exchange: Exchange, account: Account): GatewayResponse {
  const { state, path } = exchange;
  if (path.startsWith('/api/') && isRateLimited(exchange)) return empty(429);
  switch (path) {
    case '/api/usage/token/':
      return tokenUsage(state, account);
    case '/api/log/token':
      return tokenLog(state, account);
    case '/v1/dashboard/billing/subscription':
      return subscription(exchange, account);
    default:
      return json(200, {
        object: 'list',
        total_usage: dashboardAmount(state.ledger.getKeyBalance(account).used, state.site) * 100,
      });
  }
}

/** The public status of the site. Nebula's build is older: without the newer fields and without `_qn`. */
function status({ dialect, site }: GatewayState): GatewayResponse {
  const isNebula = dialect === 'nebula';
  const shown = {
    version: isNebula ? NEBULA_VERSION : NEWAPI_VERSION,
    start_time: 1_760_000_000,
    system_name: isNebula ? 'Nebula' : 'New API',
    quota_per_unit: site.quotaPerUnit,
    display_in_currency: site.quotaDisplay !== 'TOKENS',
    usd_exchange_rate: site.usdExchangeRate,
    price: site.usdExchangeRate,
    top_up_link: '',
  };
  const newer = {
    quota_display_type: site.quotaDisplay,
    custom_currency_symbol: site.customSymbol,
    custom_currency_exchange_rate: site.customRate,
    _qn: 'new-api',
  };
  return json(200, { success: true, message: '', data: { ...shown, ...(isNebula ? {} : newer) } });
}

/** The price list of new-api (money-and-gateways 1.2). */
function pricing({ models, site }: GatewayState): GatewayResponse {
  if (site.pricing === 'disabled') return json(403, { success: false, message: 'pricing is disabled' });
  if (site.pricing === 'login')
    return json(401, { success: false, message: '无权进行此操作，未登录且未提供 access token' });
  const data = [...OTHER_MODELS, ...models].map((model) => {
    const price = stockPrice(model);
    return {
      ...{ model_name: model, quota_type: price?.kind === 'price' ? 1 : 0 },
      ...{ model_price: price?.kind === 'price' ? price.modelPrice : 0, owner_by: '' },
      ...{ model_ratio: price?.kind === 'ratio' ? price.modelRatio : 0, completion_ratio: 1 },
      ...{ enable_groups: ['default'], supported_endpoint_types: endpointTypes(findFamily(model)?.name) },
    };
  });
  return json(200, {
    success: true,
    data,
    vendors: [],
    group_ratio: { default: site.groupRatio },
    usable_group: { default: '默认分组' },
    supported_endpoint: { 'openai-video': { path: '/v1/videos', method: 'POST' } },
    auto_groups: ['default'],
  });
}

function tokenUsage({ ledger }: GatewayState, account: Account): GatewayResponse {
  const { quota, used } = ledger.getKeyBalance(account);
  const limits = account.models ?? [];
  return json(200, {
    ...{ success: true, message: '' },
    data: {
      ...{ object: 'token_usage', name: 'my-key' },
      ...{ total_granted: (quota ?? 0) + used, total_used: used, total_available: quota ?? 0 },
      unlimited_quota: quota === undefined,
      model_limits: Object.fromEntries(limits.map((model) => [model, true])),
      ...{ model_limits_enabled: limits.length > 0, expires_at: 0 },
    },
  });
}

/** The newest rows of the key's log, including the private fields. Clients must not store those. */
function tokenLog({ ledger }: GatewayState, account: Account): GatewayResponse {
  const rows = ledger.entries
    .filter(({ user }) => user === account.user)
    .map(({ at, type, points, model, user, other }) => ({
      ...{ created_at: Math.floor(at / 1_000), type: type === 'consume' ? 2 : 6, quota: points },
      ...{
        model_name: model,
        username: user,
        token_name: 'my-key',
        ip: '203.0.113.7',
        other: JSON.stringify(other),
      },
    }));
  return json(200, { success: true, message: '', data: rows.reverse().slice(0, 1_000) });
}

function subscription({ state, requestId }: Exchange, account: Account): GatewayResponse {
  const { quota, used } = state.ledger.getKeyBalance(account);
  if (quota !== undefined && quota <= 0) return keyExhausted(state.dialect, account.key, requestId);
  const limit = quota === undefined ? UNLIMITED : dashboardAmount(quota + used, state.site);
  return json(200, {
    ...{ object: 'billing_subscription', has_payment_method: true },
    ...{ soft_limit_usd: limit, hard_limit_usd: limit, system_hard_limit_usd: limit, access_until: 0 },
  });
}

function isRateLimited({ state, record }: Exchange): boolean {
  const now = state.clock.now();
  state.keyCalls = [...state.keyCalls.filter((at) => now - at < KEY_CALLS_WINDOW_MS), record.at];
  return state.keyCalls.length > MAX_KEY_CALLS;
}
