import { describe, expect, it } from 'vitest';
import { plainStyle } from './style.ts';
import { table } from './table.ts';

const wide = { columns: Number.POSITIVE_INFINITY, style: plainStyle };

describe('table', () => {
  it('aligns columns and ends lines without blanks', () => {
    expect(
      table(
        ['host', 'tags'],
        [
          ['h1', ''],
          ['longer-name', 'role=web'],
        ],
        wide,
      ),
    ).toEqual(['HOST         TAGS', 'h1', 'longer-name  role=web']);
  });

  it('lets the widest column give way on a narrow terminal', () => {
    const lines = table(['id', 'error'], [['1', 'x'.repeat(80)]], { columns: 40, style: plainStyle });
    expect(lines[1]).toBe(`1   ${'x'.repeat(35)}…`);
  });

  it('shows no control characters of a value', () => {
    expect(table(['a'], [['\u001b[31mred\n']], wide)[1]).toBe('\\u001b[31mred\\n');
  });

  it('says so when there is nothing', () => {
    expect(table(['a'], [], wide, 'no host')).toEqual(['no host']);
  });
});
