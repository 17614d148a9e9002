import type { Row } from './measurement';

/** `noBar` means a figure without a limit. */
export type Verdict = 'ok' | 'missed' | 'noBar';

/** Returns, by row key, whether the row's limit is met. */
export function checkBars(rows: readonly Row[]): ReadonlyMap<string, Verdict> {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return new Map(
    rows.map((row): [string, Verdict] => {
      if (!row.bar) return [row.key, 'noBar'];
      const other = row.bar.or === undefined ? undefined : byKey.get(row.bar.or);
      return [row.key, clears(row) || (other !== undefined && clears(other)) ? 'ok' : 'missed'];
    }),
  );
}

/** A figure that isn't a number never meets its limit. */
function clears({ figure, bar }: Row): boolean {
  if (!bar) return false;
  return bar.is === 'atLeast' ? figure >= bar.limit : figure <= bar.limit;
}
