import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { endOf } from './end-of.ts';
import { parseScope, parseScoped } from './scoped.ts';

const nowMs = Date.parse('2026-01-01T00:00:00.500Z');
const refused = expect.objectContaining({ code: 'argument_invalid' });

describe('endOf', () => {
  it.each([
    [undefined, '2026-04-01T00:00:00.000Z'],
    ['90d', '2026-04-01T00:00:00.000Z'],
    ['12h', '2026-01-01T12:00:00.000Z'],
    ['5y', '2030-12-31T00:00:00.000Z'],
    ['2027-01-01', '2027-01-01T00:00:00.000Z'],
    ['2027-01-01T12:34:56Z', '2027-01-01T12:34:56.000Z'],
  ])('reads %j', (text, end) => {
    expect(endOf(text, limits.signatureLifeMs, nowMs)).toBe(end);
  });

  it.each([
    '',
    'soon',
    '0d',
    '2025-12-31',
    '2027-13-01',
    '2027-01-01T12:00',
    '999y',
    '9999-01-01',
    '-1d',
    '2026-01-01',
  ])('refuses %j', (text) => {
    expect(() => endOf(text, limits.signatureLifeMs, nowMs)).toThrow(refused);
  });
});

describe('parseScoped', () => {
  it.each([
    ['alice.pub', '*', '*', 'alice.pub'],
    ['production=keys/alice.pub', 'production', '*', 'keys/alice.pub'],
    ['production/web=alice.pub', 'production', 'web', 'alice.pub'],
    ['*/web=alice.pub', '*', 'web', 'alice.pub'],
  ])('reads %j', (text, environment, category, value) => {
    expect(parseScoped(text)).toEqual({ scope: { environment, category }, value });
  });

  it.each(['', '=a', 'a=', 'A=b', 'a/b/c=d', 'a=b=c'])('refuses %j', (text) => {
    expect(() => parseScoped(text)).toThrow(refused);
  });

  it('reads a scope alone', () => {
    expect(parseScope('production/web')).toEqual({ environment: 'production', category: 'web' });
    expect(parseScope('*')).toEqual({ environment: '*', category: '*' });
    expect(() => parseScope('a=b')).toThrow(refused);
  });
});
