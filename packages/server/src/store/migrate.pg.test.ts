import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { TestDatabase } from './test-database.ts';

const names = migrations.map(({ name }) => name);
const test = new TestDatabase();
beforeAll(() => test.start());
afterAll(() => test.stop());

it('applies each migration once, also when several processes start at the same instant', async () => {
  await sql`create database fresh`.execute(test.database);
  const url = test.url.replace('/postgres?', '/fresh?');
  const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase(url)));
  const applied = await Promise.all(databases.map(migrate));
  expect(applied.flat()).toEqual(names);
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(databases[0]!);
  expect(rows).toEqual(names.map((name) => ({ name })));
  await Promise.all(databases.map((database) => database.destroy()));
});

it('finds what the personas of before wait for', async () => {
  await sql`create database earlier`.execute(test.database);
  const database = await openDatabase(test.url.replace('/postgres?', '/earlier?'));
  for (const statement of migrations[0]?.statements ?? []) await sql.raw(statement).execute(database);
  await sql`create table migrations (name text primary key, applied_at timestamptz not null default now())`.execute(
    database,
  );
  await sql`insert into migrations (name) values ('0001-fleet')`.execute(database);
  const document = { activation_triggers: { external_event_subscriptions: { type: 'deploy' } } };
  const content = JSON.stringify({ own: { document }, ancestors: [] });
  await database.transaction().execute(async (tx) => {
    await sql`insert into personas (persona_id, current_version, last_version) values ('web', 1, 1)`.execute(tx);
    await sql`insert into persona_versions (persona_id, version, digest, persona_groups, priority, content, published_by)
      values ('web', 1, 'd', '{edge}', 50, ${content}, 'alice')`.execute(tx);
  });
  expect(await migrate(database)).toEqual(names.slice(1));
  const { rows } = await sql`select * from event_subscriptions`.execute(database);
  expect(rows).toEqual([{ persona_id: 'web', version: 1, type_pattern: 'deploy', source_pattern: '%' }]);
  const groups = await sql`select * from persona_group_personas`.execute(database);
  expect(groups.rows).toEqual([{ group_name: 'edge', persona_id: 'web', added_by: 'alice' }]);
  await database.destroy();
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
