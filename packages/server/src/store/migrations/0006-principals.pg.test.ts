import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { migrate } from '../migrate.ts';
import { findAsker } from '../tokens.ts';
import { migrations } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'guise-pg-'));
let stop: () => Promise<void>;
let url: string;

beforeAll(async () => {
  const postgres = await startEmbeddedPostgres(directory, () => undefined);
  url = postgres.url;
  stop = () => postgres.stop();
});
afterAll(async () => {
  await stop();
  rmSync(directory, { recursive: true, force: true });
});

it('tokens from before may do what they could, and each has a name of its own', async () => {
  const database = await openDatabase(url);
  const before = migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === '0006-principals'),
  );
  await sql`create table migrations (name text primary key, applied_at timestamptz not null default now())`.execute(
    database,
  );
  for (const { name, statements } of before) {
    for (const statement of statements) await sql.raw(statement).execute(database);
    await sql`insert into migrations (name) values (${name})`.execute(database);
  }
  await sql`insert into tokens (name, digest) values ('ci', 'd1'), ('ci', 'd2'), ('admin', 'd3'), ('admin', 'd4')`.execute(
    database,
  );
  expect(await migrate(database)).toContain('0006-principals');
  const askers = await Promise.all(['d1', 'd2', 'd3', 'd4'].map((digest) => findAsker(database, { digest })));
  expect(askers.map((found) => found?.asker.roles)).toEqual([['admin'], ['admin'], ['admin'], ['admin']]);
  const names = askers.map((found) => found?.asker.id ?? '');
  expect(new Set(names.slice(0, 2)).size).toBe(2);
  expect(names.slice(2)).toEqual(['admin', 'admin']);
  await database.destroy();
});
