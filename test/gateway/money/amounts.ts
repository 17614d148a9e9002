import type { SiteOptions } from '../gatewayOptions';

/**
 * Formats an amount as in the gateway's messages: full-width dollar sign, six decimals (money-and-gateways
 * 1.5).
 */
export function formatQuota(points: number, site: SiteOptions): string {
  const usd = points / site.quotaPerUnit;
  switch (site.quotaDisplay) {
    case 'USD':
      return `＄${usd.toFixed(6)}`;
    case 'CNY':
      return `¥${(usd * site.usdExchangeRate).toFixed(6)}`;
    case 'CUSTOM':
      return `${site.customSymbol}${(usd * site.customRate).toFixed(6)}`;
    case 'TOKENS':
      return String(points);
  }
}

/**
 * Converts points to the unit of `hard_limit_usd` and `total_usage`, which isn't always dollars
 * (money-and-gateways 1.4).
 */
export function dashboardAmount(points: number, site: SiteOptions): number {
  const usd = points / site.quotaPerUnit;
  switch (site.quotaDisplay) {
    case 'CNY':
      return usd * site.usdExchangeRate;
    case 'TOKENS':
      return points;
    case 'USD':
    case 'CUSTOM':
      return usd;
  }
}
