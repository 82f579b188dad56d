/** A real PostgreSQL for one test file: `beforeAll(() => test.start())` makes and migrates it, `afterAll(() => test.stop())` removes it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { migrate } from './migrate.ts';

export class TestDatabase {
  readonly directory = mkdtempSync(join(tmpdir(), 'guise-pg-'));
  #postgres: EmbeddedPostgres | undefined;
  #database: Database | undefined;

  get database(): Database {
    return started(this.#database);
  }

  get url(): string {
    return started(this.#postgres).url;
  }

  async start(): Promise<void> {
    this.#postgres = await startEmbeddedPostgres(this.directory, () => undefined);
    this.#database = await openDatabase(this.#postgres.url);
    await migrate(this.#database);
  }

  async stop(): Promise<void> {
    await this.#database?.destroy();
    await this.#postgres?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function started<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('The test database was not started');
  return value;
}
