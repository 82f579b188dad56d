/** A control plane whose own PostgreSQL dies under it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestServer } from './test-server.ts';

const server = new TestServer();
beforeEach(() => server.start());
afterEach(() => server.stop());

it('says that it cannot go on, and still ends in good order', async () => {
  const { failed, close } = server.running;
  const failing = once(failed, 'abort');
  const postmaster = readFileSync(join(server.stateDirectory, 'postgres', 'postmaster.pid'), 'utf8');
  process.kill(Number.parseInt(postmaster, 10), 'SIGKILL');
  await failing;
  expect(failed.reason).toMatchObject({ code: 'database_unavailable' });
  await close();
});

it('that is stopped has not failed', async () => {
  const { failed, close } = server.running;
  await close();
  expect(failed.aborted).toBe(false);
});
