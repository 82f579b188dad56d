import { expect, it } from 'vitest';
import { hasTags, parseTagSelector } from './tag-selector.ts';

it('reads each kind of term', () => {
  expect(parseTagSelector('role=web, env!=prod,rack')).toEqual([
    { type: 'is', key: 'role', value: 'web' },
    { type: 'is_not', key: 'env', value: 'prod' },
    { type: 'has', key: 'rack' },
  ]);
});

it.each(['', ',', 'role=', '=web', 'role==web', 'role=web;drop', 'Role=web', 'a b'])('refuses %j', (text) => {
  expect(() => parseTagSelector(text)).toThrow('must be key=value');
});

it.each([
  ['role=web', true],
  ['role=db', false],
  ['role', true],
  ['env', false],
  ['env!=prod', true],
  ['role!=web', false],
  ['role=web,rack', false],
])('%s on a web server: %s', (selector, expected) => {
  expect(hasTags({ role: 'web' }, parseTagSelector(selector))).toBe(expected);
});
