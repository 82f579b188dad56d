import fc from 'fast-check';
import { expect, it } from 'vitest';
import { authorityDigestOf } from './join-token.ts';

const token = `join_${'Ab-_'.repeat(10)}abc.${'0f'.repeat(32)}`;
const refused = expect.objectContaining({ code: 'token_invalid' });

it('names the authority', () => {
  expect(authorityDigestOf(token)).toBe('0f'.repeat(32));
});

it('is refused when it is not whole, or is something else', () => {
  for (let index = 0; index < token.length; index += 1) {
    expect(() => authorityDigestOf(token.slice(0, index) + token.slice(index + 1))).toThrow(refused);
    expect(() => authorityDigestOf(`${token.slice(0, index)}\n${token.slice(index + 1)}`)).toThrow(refused);
  }
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `join_${text}.${'0'.repeat(64)}`),
      ),
      (text) => {
        expect(() => authorityDigestOf(text)).toThrow(refused);
      },
    ),
  );
});
