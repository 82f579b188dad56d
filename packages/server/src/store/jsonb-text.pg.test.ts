import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonbText } from './jsonb-text.ts';
import { TestDatabase } from './test-database.ts';

const test = new TestDatabase();
beforeAll(() => test.start());
afterAll(() => test.stop());

async function through(value: unknown): Promise<unknown> {
  const { rows } = await sql<{ value: unknown }>`select ${jsonbText(value)}::jsonb as value`.execute(test.database);
  return rows[0]?.value;
}

it.each([
  ['a\u0000b', 'a\ufffdb'],
  ['\u0000\u0000', '\ufffd\ufffd'],
  ['\\u0000', '\\u0000'],
  ['\\\u0000', '\\\ufffd'],
  ['half \ud83d', 'half \ufffd'],
  ['whole \u{1f600}', 'whole \u{1f600}'],
  ['\u0001\u001f', '\u0001\u001f'],
])('%j comes back as %j', async (value, back) => {
  expect(await through({ [value]: [value] })).toEqual({ [back]: [back] });
});

it('takes any text at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
      expect(typeof (await through([value, `\\${value}`]))).toBe('object');
    }),
  );
});
