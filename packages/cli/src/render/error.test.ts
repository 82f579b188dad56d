import { GuiseError } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { errorLines } from './error.ts';
import { plainStyle } from './style.ts';

const lines = (error: unknown, showStack = false) => errorLines(error, plainStyle, { showStack });

describe('errorLines', () => {
  it('shows one problem as one line', () => {
    expect(lines(new GuiseError('document_invalid', 'Cannot set "a" (web.yaml:1:2)'))).toEqual([
      'error: Cannot set "a" (web.yaml:1:2)',
    ]);
  });

  it('lists several', () => {
    const problem = { file: 'web.yaml', line: 1, column: 2, path: 'a', rule: 'must be b' };
    const problems = ['first (web.yaml:1:2)', 'second (web.yaml:1:2)'].map((message) => ({ ...problem, message }));
    expect(lines(new GuiseError('document_invalid', 'first; and 1 more', { problems }))).toEqual([
      'error: 2 problems',
      '  first (web.yaml:1:2)',
      '  second (web.yaml:1:2)',
    ]);
  });

  it('calls a bug a bug, and shows its stack only when asked', () => {
    const bug = new TypeError('x is not a function');
    expect(lines(bug)[0]).toBe('bug in guise: x is not a function');
    expect(lines(bug).join('\n')).not.toContain('error.test.ts');
    expect(lines(bug, true).join('\n')).toContain('error.test.ts');
  });
});
