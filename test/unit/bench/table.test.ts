import assert from 'node:assert/strict';
import { checkBars } from '../../../bench/bars';
import type { Row, Unit } from '../../../bench/measurement';
import { formatFigure, formatTable } from '../../../bench/table';

describe('the table of measurements', () => {
  const figures: { figure: number; unit: Unit; text: string }[] = [
    { figure: 0, unit: '', text: '0' },
    { figure: 0.5162, unit: '', text: '0.516' },
    { figure: 1.0049, unit: '', text: '1.00' },
    { figure: 3.834, unit: 'KB', text: '3.83 KB' },
    { figure: 36.66, unit: 'MB', text: '36.7 MB' },
    { figure: 402.29, unit: 'KB', text: '402 KB' },
    { figure: 1810.4, unit: 'ms', text: '1810 ms' },
  ];
  for (const { figure, unit, text } of figures) {
    it(`writes ${figure} ${unit} as ${text}`, () => assert.equal(formatFigure(figure, unit), text));
  }

  it('shows name, spread and result of each row', () => {
    const rows: Row[] = [
      {
        key: 'a.good',
        what: 'something',
        figure: 3,
        unit: '',
        against: 'this and that',
        spread: { low: 2.5, median: 3, high: 3.25 },
        samples: 7,
        bar: { is: 'atLeast', limit: 2.5 },
      },
      { key: 'b', what: 'worse', figure: 31, unit: 'ms', bar: { is: 'atMost', limit: 30, or: 'c' } },
      { key: 'c', what: 'told', figure: 1, unit: '' },
    ];
    const lines = formatTable(rows, checkBars(rows)).split('\n');
    assert.match(lines[0] ?? '', /^key +what +figure +made of +spread +bar$/);
    assert.match(lines[2] ?? '', /^a\.good +something +3 +this and that +2\.50 to 3\.25 \(7\) +>= 2\.5 +ok$/);
    assert.match(lines[3] ?? '', /^b +worse +31 ms +<= 30 or c +MISSED$/);
    assert.match(lines[4] ?? '', /^c +told +1$/);
  });
});
