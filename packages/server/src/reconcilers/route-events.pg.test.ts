import { limits, parseHostId } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AgentConnection, makeConnections } from '../app/connections.ts';
import { insertEvents } from '../store/events.ts';
import { TestDatabase } from '../store/test-database.ts';
import { type EventRouter, startEventRouter } from './route-events.ts';

const test = new TestDatabase();
beforeAll(async () => {
  await test.start();
  await sql`insert into hosts (host_id) values ('h1'), ('h2')`.execute(test.database);
});
afterAll(() => test.stop());

let heard: string[];
let slow: Set<string>;
let dropped: Record<string, number>;
let failures: unknown[];
let router: EventRouter;
beforeEach(async () => {
  heard = [];
  slow = new Set();
  dropped = {};
  failures = [];
  await sql`truncate events`.execute(test.database);
  const connections = makeConnections();
  connections.add(connectionOf('h1'));
  router = startEventRouter({
    database: test.database,
    connections,
    onSent: () => undefined,
    onDropped: (count, reason) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    },
    onFailure: (error) => failures.push(error),
  });
});
afterEach(() => router.stop());

function connectionOf(name: string): AgentConnection {
  return {
    hostId: parseHostId(name),
    known: null,
    rootVersion: null,
    checkpointSize: 0,
    send: () => undefined,
    tell: (head, tail) => {
      if (slow.has(name)) return false;
      const { event } = JSON.parse(`${head}${tail.toString()}`) as { event: { id: string } };
      heard.push(`${name} ${event.id}`);
      return true;
    },
    ask: async () => null,
    close: () => undefined,
  };
}

const insert = (...ids: string[]) =>
  insertEvents(
    test.database,
    ids.map((id) => ({ specversion: '1.0', id, source: '/a', type: 't', guisehost: id.split(':')[0] ?? '' })),
  );

it('sends an event once to the agents here that it is for, however often it hears of it', async () => {
  const sequences = await insert('h1:a', 'h2:b', 'h1:c');
  router.request(sequences);
  router.request(sequences);
  await expect.poll(() => heard).toEqual(['h1 h1:a', 'h1 h1:c']);
  router.request(sequences);
  await router.stop();
  expect(heard).toEqual(['h1 h1:a', 'h1 h1:c']);
});

it('looks after a gap for what it missed, and for nothing that is over', async () => {
  const [first = ''] = await insert('h1:heard', 'h1:missed');
  const [over = ''] = await insert('h1:over');
  await sql`update events set posted_at = now() - interval '1 hour' where sequence = ${over}`.execute(test.database);
  router.request([first]);
  router.catchUp();
  router.catchUp();
  await expect.poll(() => heard).toEqual(['h1 h1:heard', 'h1 h1:missed']);
});

it('drops for an agent that does not keep up, and counts it', async () => {
  slow.add('h1');
  router.request(await insert('h1:a', 'h1:b'));
  await expect.poll(() => dropped).toEqual({ slow_agent: 2 });
  slow.clear();
  router.request(await insert('h1:c'));
  await expect.poll(() => heard).toEqual(['h1 h1:c']);
});

it('drops the oldest when too many wait, and counts them', async () => {
  const [last = ''] = await insert('h1:last');
  const many = Array.from({ length: limits.eventsToRoute + 4 }, (_, index) => String(1_000_000 + index));
  router.request([...many, last]);
  expect(dropped).toEqual({ too_many: 5 });
  await expect.poll(() => heard).toEqual(['h1 h1:last']);
});

it('tries again what could not be sent', async () => {
  const sequences = await insert('h1:a');
  await sql`alter table events rename to events_away`.execute(test.database);
  router.request(sequences);
  await expect.poll(() => failures).toHaveLength(1);
  await sql`alter table events_away rename to events`.execute(test.database);
  router.catchUp();
  await expect.poll(() => heard).toEqual(['h1 h1:a']);
});
