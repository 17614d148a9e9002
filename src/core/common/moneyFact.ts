/**
 * What a response says about money (money-and-gateways 1.3, 1.5). None of these is a charge on its own: `quota` on a
 * running task is reserved, not spent.
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
  /** Where it was read: a path in the body, or `header:NAME`, or `text` for an error message. */
  readonly source: string;
  /** The step whose response held it. */
  readonly step: 'submit' | 'query' | 'download';
}
