/**
 * Facts about money in responses (money-and-gateways 1.3, 1.5). None of them proves a charge: `quota` on a running task is
 * reserved, not spent.
 */
export const MONEY_FACTS = [
  /** Points of new-api; 500,000 are 1 USD unless the site changed it. */
  'quota',
  /** Price per unit, multiplied by `groupRatio` and `ratios`. */
  'modelPrice',
  'groupRatio',
  'ratios',
  /** Billed length, in seconds. */
  'seconds',
  'tokens',
  'credits',
  'units',
  'cost',
  'currency',
  /** The amount left and the amount required, as in the gateway's message. */
  'balance',
  'needed',
  'billingPending',
] as const;

export type MoneyFactName = (typeof MONEY_FACTS)[number];

export interface MoneyFact {
  readonly name: MoneyFactName;
  readonly value: number | string | boolean | Readonly<Record<string, number>>;
  /** Source: a path in the body, `header:NAME`, or `text` for an error message. */
  readonly source: string;
  readonly step: 'submit' | 'query' | 'download';
}
