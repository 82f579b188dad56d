import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffSize, lineDiff } from './line-diff.ts';

/** Few letters, so that texts share lines in different places. */
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 40 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

describe('lineDiff', () => {
  it('counts as many lines in and out as the texts differ in length', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { added, removed } = diffSize(lineDiff(before, after));
        expect(added - removed).toBe(after.split('\n').length - before.split('\n').length);
      }),
    );
  });

  it('is empty exactly when nothing differs', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(lineDiff(before, after).length === 0).toBe(before === after);
      }),
    );
  });

  it('makes the one text of the other, where the texts are short enough to be shown whole', () => {
    const short = fc
      .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(short, short, (before, after) => {
        fc.pre(before !== after);
        // The first difference is at most three lines from each end only when everything is shown.
        const shown = lineDiff(before, after);
        fc.pre(
          shown.filter(({ sign }) => sign === '@').length === 1 &&
            shown.filter(({ sign }) => sign !== '@' && sign !== '+').length === before.split('\n').length - 1,
        );
        const join = (sign: '+' | '-') =>
          shown
            .filter((line) => line.sign === sign || line.sign === ' ')
            .map((line) => `${line.text}\n`)
            .join('');
        expect([join('-'), join('+')]).toEqual([before, after]);
      }),
    );
  });

  it('is never longer than it must be', () => {
    fc.assert(
      fc.property(text, fc.nat(39), (before, position) => {
        const lines = before.split('\n');
        const after = [...lines.slice(0, position), 'new', ...lines.slice(position)].join('\n');
        fc.pre(position < lines.length);
        expect(diffSize(lineDiff(before, after))).toEqual({ added: 1, removed: 0 });
      }),
    );
  });
});
