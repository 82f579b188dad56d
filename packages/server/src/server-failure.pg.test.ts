/** A control plane whose own PostgreSQL dies under it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from './store/database.ts';
import { TestServer } from './test-server.ts';

const server = new TestServer();
beforeEach(() => server.start());
afterEach(() => server.stop());

function killPostgres(): void {
  const postmaster = readFileSync(join(server.stateDirectory, 'postgres', 'postmaster.pid'), 'utf8');
  process.kill(Number.parseInt(postmaster, 10), 'SIGKILL');
}

it('says that it cannot go on, and still ends in good order', async () => {
  const { failed, close } = server.running;
  const failing = once(failed, 'abort');
  killPostgres();
  await failing;
  expect(failed.reason).toMatchObject({ code: 'database_unavailable' });
  await close();
});

it('is told to a transaction by its next statement, and to nobody else', async () => {
  const database = await openDatabase(server.running.databaseUrl);
  const failing = once(server.running.failed, 'abort');
  const asking = database.transaction().execute(async (tx) => {
    await sql`select 1`.execute(tx);
    killPostgres();
    await failing;
    await sleep(50);
    await sql`select 1`.execute(tx);
  });
  await expect(asking).rejects.toThrow(/connection|terminated|not queryable/i);
  await database.destroy();
});

it('that is stopped has not failed', async () => {
  const { failed, close } = server.running;
  await close();
  expect(failed.aborted).toBe(false);
});
