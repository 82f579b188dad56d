/** Whose a host is: one at a time, by the database's clock, however many ask at once. */
import { parseHostId } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from './database.ts';
import { beginLease, endLease, extendLease, findLease, takeLease, tryLease } from './leases.ts';
import { TestDatabase } from './test-database.ts';

const test = new TestDatabase();
const hostId = parseHostId('h1');
const hourMs = 3_600_000;

beforeAll(() => test.start());
afterAll(() => test.stop());
beforeEach(async () => {
  await sql`truncate leases, checkouts`.execute(test.database);
  await sql`delete from hosts`.execute(test.database);
  await sql`insert into hosts (host_id) values ('h1')`.execute(test.database);
});

const within = <Value>(work: (tx: Executor) => Promise<Value>) => test.database.transaction().execute(work);
const inMs = (ms: number) => new Date(Date.now() + ms);
const take = (holder: string, from: Date | null = null, durationMs = hourMs) =>
  within((tx) => takeLease(tx, { hostId, holder, from, durationMs }));

/** As if so much time had gone by since it was taken. */
async function passed(leaseId: string, ms: number): Promise<void> {
  await sql`update leases set during = tstzrange(lower(during) - ${ms} * interval '1 ms', upper(during) - ${ms} * interval '1 ms')
    where lease_id = ${leaseId}`.execute(test.database);
}

describe('a lease', () => {
  it('is one of a hundred that are asked for at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => take(`holder-${index}`)));
    const taken = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(taken).toHaveLength(1);
    const refusals = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(refusals).toHaveLength(99);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: 'lease_conflict',
        message: `Cannot lease "h1" now: "${taken[0]?.holder}" has it from ${taken[0]?.from.toISOString()} until ${taken[0]?.until.toISOString()}`,
      });
    }
  });

  it('lasts as long as it was asked for, by the database’s clock', async () => {
    const { from, until } = await take('alice');
    expect(until.getTime() - from.getTime()).toBe(hourMs);
    const { rows } = await sql<{ recent: boolean }>`
      select now() - lower(during) between interval '0 s' and interval '1 minute' as recent from leases`.execute(
      test.database,
    );
    expect(rows).toEqual([{ recent: true }]);
  });

  it('is booked ahead where nobody has the host, right after another if need be', async () => {
    const alice = await take('alice');
    await expect(take('bob', inMs(hourMs / 2))).rejects.toMatchObject({ code: 'lease_conflict' });
    const bob = await take('bob', alice.until);
    expect(bob.from).toEqual(alice.until);
    await expect(take('carol', null, 3 * hourMs)).rejects.toMatchObject({
      message: expect.stringContaining('"alice"'),
    });
  });

  it('frees the host for others when it is ended', async () => {
    const { leaseId } = await take('alice');
    await within((tx) => endLease(tx, leaseId));
    expect((await take('bob')).holder).toBe('bob');
  });

  it('tells no error of the database, but nothing, where one of many would do', async () => {
    await take('alice');
    const terms = { hostId, holder: 'bob', from: null, durationMs: hourMs };
    const both = await within(async (tx) => [await tryLease(tx, terms), await tryLease(tx, terms)]);
    expect(both).toEqual([null, null]);
  });
});

describe('the fence of a host', () => {
  it('counts up when a lease begins, once, and the lease keeps it', async () => {
    const first = await take('alice');
    expect(first.fence).toBeNull();
    expect(await within((tx) => beginLease(tx, first.leaseId))).toEqual({ fence: 1n, stateBefore: 'production' });
    expect(await within((tx) => beginLease(tx, first.leaseId))).toEqual({ fence: 1n, stateBefore: null });
    await within((tx) => endLease(tx, first.leaseId));
    await sql`update fleet set state = 'idle'`.execute(test.database);
    const second = await take('bob');
    expect(await within((tx) => beginLease(tx, second.leaseId))).toEqual({ fence: 2n, stateBefore: 'idle' });
    expect((await findLease(test.database, second.leaseId))?.fence).toBe(2n);
    expect((await findLease(test.database, first.leaseId))?.fence).toBe(1n);
  });

  it('stays while the host is not free, or the lease is of another time', async () => {
    const ahead = await take('alice', inMs(2 * hourMs));
    expect(await within((tx) => beginLease(tx, ahead.leaseId))).toBeNull();
    const now = await take('bob');
    await sql`update fleet set state = 'quarantined'`.execute(test.database);
    expect(await within((tx) => beginLease(tx, now.leaseId))).toBeNull();
    await sql`update fleet set state = 'production'`.execute(test.database);
    await passed(now.leaseId, 2 * hourMs);
    expect(await within((tx) => beginLease(tx, now.leaseId))).toBeNull();
    const { rows } = await sql`select fence from fleet`.execute(test.database);
    expect(rows).toEqual([{ fence: '0' }]);
  });
});

describe('an extension', () => {
  it('moves the end, and not past the next booking, which it names', async () => {
    const alice = await take('alice');
    const bob = await take('bob', new Date(alice.until.getTime() + hourMs));
    const extended = await within((tx) => extendLease(tx, alice.leaseId, hourMs));
    expect(extended?.until).toEqual(bob.from);
    await expect(within((tx) => extendLease(tx, alice.leaseId, 1))).rejects.toMatchObject({
      code: 'lease_conflict',
      message: `Cannot extend the lease of "h1" until ${new Date(bob.from.getTime() + 1).toISOString()}: "bob" has it from ${bob.from.toISOString()} until ${bob.until.toISOString()}`,
    });
    expect((await findLease(test.database, alice.leaseId))?.until).toEqual(bob.from);
  });

  it('is too late once the lease is over', async () => {
    const { leaseId } = await take('alice');
    await passed(leaseId, 2 * hourMs);
    expect(await within((tx) => extendLease(tx, leaseId, hourMs))).toBeNull();
  });

  it('of many at once against one booking leaves no two that overlap', async () => {
    const alice = await take('alice');
    const attempts = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? within((tx) => extendLease(tx, alice.leaseId, hourMs / 4))
        : take(`booker-${index}`, new Date(alice.until.getTime() + (index * hourMs) / 8)),
    );
    await Promise.allSettled(attempts);
    const { rows } = await sql`
      select from leases a join leases b on a.lease_id < b.lease_id and a.host_id = b.host_id and a.during && b.during
      where a.ended_at is null and b.ended_at is null`.execute(test.database);
    expect(rows).toEqual([]);
  });
});
