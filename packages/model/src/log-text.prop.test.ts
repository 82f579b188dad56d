import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logText } from './log-text.ts';

it('keeps a record one record, whatever is in it', () => {
  expect(logText('a\nguise server: forged\u001b[2J')).toBe('a\n  guise server: forged\\u001b[2J');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [, ...further] = logText(text).split('\n');
      expect(further.every((line) => line.startsWith('  '))).toBe(true);
      expect(logText(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
});
