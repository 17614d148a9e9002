import type { Verdict } from './bars';
import type { Row, Unit } from './measurement';

const HEAD = ['key', 'what', 'figure', 'made of', 'spread', 'bar', ''];
/** Columns with numbers, which are right-aligned. */
const RIGHT = new Set([2]);

/** Formats the table for the terminal, one line per row. */
export function formatTable(rows: readonly Row[], verdicts: ReadonlyMap<string, Verdict>): string {
  const lines = [HEAD, ...rows.map((row) => cells(row, verdicts.get(row.key) ?? 'missed'))];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const drawn = lines.map((line) =>
    line
      .map((cell, column) =>
        RIGHT.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = drawn;
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...body].join('\n');
}

function cells(row: Row, verdict: Verdict): string[] {
  const { spread, samples = 1, bar } = row;
  return [
    row.key,
    row.what,
    formatFigure(row.figure, row.unit),
    row.against ?? '',
    spread ? `${formatFigure(spread.low)} to ${formatFigure(spread.high)} (${samples})` : '',
    bar
      ? `${bar.is === 'atLeast' ? '>=' : '<='} ${bar.limit}${bar.or === undefined ? '' : ` or ${bar.or}`}`
      : '',
    verdict === 'noBar' ? '' : verdict === 'ok' ? 'ok' : 'MISSED',
  ];
}

/** Formats a figure with three significant digits. */
export function formatFigure(figure: number, unit: Unit = ''): string {
  const digits = Number.isInteger(figure) || Math.abs(figure) >= 100 ? 0 : Math.abs(figure) >= 10 ? 1 : 2;
  // Ratios are small, and their limits have two digits.
  const text = figure.toFixed(Math.abs(figure) < 1 && digits > 0 ? 3 : digits);
  return unit === '' ? text : `${text} ${unit}`;
}
