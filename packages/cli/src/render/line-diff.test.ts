import { describe, expect, it } from 'vitest';
import { lineDiff } from './line-diff.ts';

const shown = (before: string, after: string) => lineDiff(before, after).map(({ sign, text }) => `${sign}${text}`);

describe('lineDiff', () => {
  it('shows what differs, with three lines around it', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
    expect(shown(before, before.replace('e\n', 'E\n'))).toEqual([
      '@line 2',
      ' b',
      ' c',
      ' d',
      '-e',
      '+E',
      ' f',
      ' g',
      ' h',
    ]);
  });

  it('numbers each part by its line in the new text', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `${index}\n`);
    const after = ['new\n', ...lines.slice(0, 20), ...lines.slice(21)].join('');
    expect(shown(lines.join(''), after).filter((line) => line.startsWith('@'))).toEqual(['@line 1', '@line 19']);
  });

  it('shows a text that comes or goes as a whole', () => {
    expect(shown('', 'a\nb\n')).toEqual(['@line 1', '+a', '+b']);
    expect(shown('a\n', '')).toEqual(['@line 1', '-a']);
  });

  it('tells of a missing line break at the end', () => {
    expect(shown('a\n', 'a')).toEqual(['@line 1', '-a', '+a (no line break at the end)']);
  });

  it('stays bounded on texts that have nothing in common', () => {
    const text = (letter: string) => Array.from({ length: 5000 }, (_, index) => `${letter}${index}\n`).join('');
    expect(lineDiff(text('a'), text('b')).length).toBe(10_001);
  });
});
