import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonFault } from './json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it('agrees with the engine’s own parser on what is JSON', () => {
  const almostJson = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '[', '"', ':', '1', ' ', 'true', '\\', '-'))
    .map(
      ([text, at, extra]) => text.slice(0, at % (text.length + 1)) + extra + text.slice((at % (text.length + 1)) + 1),
    );
  fc.assert(
    fc.property(fc.oneof(fc.json(), almostJson, fc.string()), (text) => {
      expect(jsonFault(text) === null).toBe(isJson(text));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['{"name":1,\n "x": }', 17],
  ['', 0],
  ['{"a": 1', 7],
  ['{"a" 1}', 5],
  ['[1,]', 3],
  ['{} {}', 3],
  ['01', 0],
  ['["\n"]', 1],
])('finds the fault in %j', (text, offset) => {
  expect(jsonFault(text)).toBe(offset);
});
