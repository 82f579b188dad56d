import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { TestDatabase } from './test-database.ts';

const test = new TestDatabase();
beforeAll(() => test.start());
afterAll(() => test.stop());

it('applies each migration once, also when several processes start at the same instant', async () => {
  await sql`create database fresh`.execute(test.database);
  const url = test.url.replace('/postgres?', '/fresh?');
  const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase(url)));
  const applied = await Promise.all(databases.map(migrate));
  expect(applied.flat()).toEqual(['0001-fleet', '0002-adaptation']);
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(databases[0]!);
  expect(rows).toEqual([{ name: '0001-fleet' }, { name: '0002-adaptation' }]);
  await Promise.all(databases.map((database) => database.destroy()));
});

it('does nothing the second time', async () => {
  expect(await migrate(test.database)).toEqual([]);
});

it('refuses a database that a newer guise has migrated', async () => {
  await sql`insert into migrations (name) values ('9999-from-the-future')`.execute(test.database);
  await expect(migrate(test.database)).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('9999-from-the-future'),
  });
  await sql`delete from migrations where name = '9999-from-the-future'`.execute(test.database);
});

it('never lets a version or an audit entry be changed', async () => {
  await sql`insert into audit (actor, action, resource, detail) values ('a', 'b', 'c', '{}')`.execute(test.database);
  await expect(sql`update audit set actor = 'somebody else'`.execute(test.database)).rejects.toThrow('append-only');
  await expect(sql`delete from audit`.execute(test.database)).rejects.toThrow('append-only');
});
