/** A real PostgreSQL for one test file: started, migrated, and gone afterwards. Call at the top of a file or a `describe`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { migrate } from './migrate.ts';

export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
}

export function testDatabase(): TestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'guise-pg-'));
  let postgres: EmbeddedPostgres;
  let database: Database;
  beforeAll(async () => {
    postgres = await startEmbeddedPostgres(directory, () => undefined);
    database = await openDatabase(postgres.url);
    await migrate(database);
  });
  afterAll(async () => {
    await database.destroy();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    get database() {
      return database;
    },
    get url() {
      return postgres.url;
    },
  };
}
