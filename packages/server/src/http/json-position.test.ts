import { expect, it } from 'vitest';
import { positionIn } from './json-position.ts';

const text = `{
  "name": "a,b:{",
  "tags": {"role": 5, "a\\"b": [1,
    {"deep": true}]}
}`;

it.each([
  [[], 1, 1],
  [['name'], 2, 11],
  [['tags'], 3, 11],
  [['tags', 'role'], 3, 20],
  [['tags', 'a"b', 0], 3, 32],
  [['tags', 'a"b', 1, 'deep'], 4, 14],
])('finds %j', (path, line, column) => {
  expect(positionIn(text, path)).toEqual({ line, column });
});

it('answers with the nearest value above when there is none', () => {
  expect(positionIn(text, ['tags', 'missing'])).toEqual({ line: 3, column: 11 });
  expect(positionIn(text, ['missing'])).toEqual({ line: 1, column: 1 });
});
