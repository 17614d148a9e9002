import type { MoneyFact, MoneyFactName } from '../common/moneyFact';
import { parseJson } from '../common/json';
import { asNumber, asRecord, firstValue, type KnownObject } from './jsonValues';

interface Row {
  readonly fact: MoneyFactName;
  /** Field names in responses, most specific first. */
  readonly names: readonly string[];
  readonly read?: (value: unknown) => MoneyFact['value'] | undefined;
}

const positive = (value: unknown): number | undefined => {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
};

/** Fields about money in responses (money-and-gateways 1.3, 5.6). */
const FACTS: readonly Row[] = [
  { fact: 'quota', names: ['actual_quota', 'quota'] },
  { fact: 'modelPrice', names: ['model_price'] },
  { fact: 'groupRatio', names: ['group_ratio'] },
  {
    fact: 'seconds',
    names: [
      'actual_seconds',
      'requested_seconds',
      'seconds',
      'n_seconds',
      'durationSeconds',
      'total_seconds',
      'video_duration',
      'duration',
    ],
    read: positive,
  },
  { fact: 'tokens', names: ['actual_tokens', 'total_tokens', 'completion_tokens'], read: positive },
  { fact: 'credits', names: ['credits', 'creditsConsumed', 'credits_consumed', 'credits_cost'] },
  { fact: 'units', names: ['final_unit_deduction'] },
  { fact: 'cost', names: ['cost'] },
  // xAI: ten billion ticks are a dollar.
  { fact: 'cost', names: ['cost_in_usd_ticks'], read: (value) => scale(asNumber(value), 1e-10) },
  {
    fact: 'billingPending',
    names: ['billing_pending'],
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  },
];

const RATIOS_HEADER = 'x-new-api-other-ratios';

/** Currency signs, including full-width ones, in messages of this family of gateways (money-and-gateways 1.5). */
const CURRENCIES: Readonly<Record<string, string>> = { $: 'USD', '＄': 'USD', '¥': 'CNY', '￥': 'CNY' };
const SIGNED_AMOUNT = /([$＄¥￥])\s*(-?\d+(?:[.,]\d+)?)/g;
/** An amount in points, without a sign. */
const BARE_AMOUNT = /([:：])\s*(-?\d+(?:[.,]\d+)?)(?![\w.,])/g;

/** Reads what a response says about money. None of it is a charge on its own. */
export function readMoney(
  objects: readonly KnownObject[],
  headers: Readonly<Record<string, unknown>>,
  errorText: string,
  step: MoneyFact['step'],
): readonly MoneyFact[] {
  const facts = new Map<MoneyFactName, MoneyFact>();
  const add = (name: MoneyFactName, value: MoneyFact['value'] | undefined, source: string): void => {
    if (value !== undefined && !facts.has(name)) facts.set(name, { name, value, source, step });
  };
  for (const { fact, names, read = asNumber } of FACTS) {
    const found = firstValue(objects, names, read);
    if (found === undefined) continue;
    add(fact, found.value, found.path);
    if (fact === 'cost') add('currency', currencyFor(objects, found.path), found.path);
  }
  const ratios = headers[RATIOS_HEADER];
  if (typeof ratios === 'string') add('ratios', readRatios(ratios), `header:${RATIOS_HEADER}`);
  const [balance, needed] = amountsIn(errorText);
  add('balance', balance?.amount, 'text');
  add('needed', needed?.amount, 'text');
  add('currency', balance?.currency, 'text');
  return [...facts.values()];
}

function currencyFor(objects: readonly KnownObject[], path: string): string {
  const holder = objects.find((object) => [...object.path, 'cost'].join('.') === path);
  const currency = holder?.record['currency'];
  return typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : 'USD';
}

function readRatios(text: string): Readonly<Record<string, number>> | undefined {
  const entries = Object.entries(asRecord(parseJson(text)) ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Finds the amount left and the amount required, in this order, whatever the language of the text. */
function amountsIn(text: string): readonly { readonly amount: number; readonly currency: string }[] {
  if (!/quota|balance|额度|余额/i.test(text)) return [];
  const signed = [...text.matchAll(SIGNED_AMOUNT)];
  const matches = signed.length > 0 ? signed : [...text.matchAll(BARE_AMOUNT)];
  return matches.map(([, sign = '', digits = '']) => ({
    amount: Number(digits.replace(',', '.')),
    currency: CURRENCIES[sign] ?? 'points',
  }));
}

function scale(value: number | undefined, factor: number): number | undefined {
  // Rounds off binary floating-point errors.
  return value === undefined ? undefined : Number((value * factor).toPrecision(12));
}
