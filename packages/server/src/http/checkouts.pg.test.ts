/** Who may borrow what: over real HTTP, of hosts that are booked ahead, so that no agent is needed. */
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryProvider, memoryDisk } from '../drivers/host-provider/memory-provider.ts';
import { bearer, makeFleet } from '../test-fleet.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer({
  providers: new Map([
    ['agent', new MemoryProvider({ disk: memoryDisk({ 'shop-1': {}, 'shop-2': {}, 'data-1': {} }) })],
  ]),
});
const hourMs = 3_600_000;
let admin: Client;
let operator: Client;
let alice: Client;
let bob: Client;

beforeAll(async () => {
  await server.start();
  await makeFleet(server);
  admin = server.api;
  await admin.putHostTags({ params: { host_id: parseHostId('data-1') }, body: { tags: { purpose: 'lab' } } });
  operator = await bearer(server, { name: 'olga', roles: ['operator'] });
  alice = await bearer(server, { name: 'alice', roles: ['lab-user'] });
  bob = await bearer(server, { name: 'bob', roles: ['lab-user'] });
});
afterAll(() => server.stop());

let booked = 0;

/** Each an hour of its own. */
function book(client: Client, host: string, more: { readonly persona_id?: string } = {}) {
  booked += 1;
  return client.requestCheckout({
    body: {
      host_id: parseHostId(host),
      for: '1h',
      reason: 'a test',
      starts_at: new Date(Date.now() + booked * 2 * hourMs).toISOString(),
      ...more,
    },
  });
}

const of = ({ checkout_id }: { readonly checkout_id: string }) => ({ params: { checkout_id } });
const denied = { code: 'not_permitted' };

describe('borrowing', () => {
  it('is for lab users of lab hosts, and for operators of all', async () => {
    expect(await book(alice, 'data-1')).toMatchObject({ holder: 'alice', host_id: 'data-1', state: 'waiting' });
    await expect(book(alice, 'shop-1')).rejects.toMatchObject(denied);
    expect(await book(operator, 'shop-1')).toMatchObject({ holder: 'olga', host_id: 'shop-1' });
  });

  it('tells nobody whether there is a host that he may not have', async () => {
    await expect(book(alice, 'gone')).rejects.toMatchObject(denied);
    await expect(book(operator, 'gone')).rejects.toMatchObject({ code: 'host_not_found' });
  });

  it('gives whoever names no host only one that he may have', async () => {
    const starts_at = new Date(Date.now() + 400 * hourMs).toISOString();
    const asked = await alice.requestCheckout({ body: { for: '1h', reason: 'any', starts_at } });
    expect(asked.host_id).toBe('data-1');
    await expect(alice.requestCheckout({ body: { for: '1h', reason: 'any', starts_at } })).rejects.toMatchObject({
      code: 'lease_conflict',
    });
  });

  it('is as a persona that the token is made for', async () => {
    const body = { personas: [parsePersonaId('db')] };
    const limited = await bearer(server, { roles: ['operator'], scope: body });
    await expect(book(limited, 'shop-1', { persona_id: 'web' })).rejects.toMatchObject(denied);
    expect(await book(limited, 'shop-1', { persona_id: 'db' })).toMatchObject({ persona_id: 'db' });
  });

  it('is forbidden by a policy about personas', async () => {
    await admin.putPolicy({
      params: { name: 'no-databases' },
      body: {
        text: 'forbid (principal, action == Action::"checkout:request", resource) when { context has persona && context.persona in Category::"database" };',
      },
    });
    await expect(book(operator, 'shop-1', { persona_id: 'db' })).rejects.toMatchObject(denied);
    expect(await book(operator, 'shop-1', { persona_id: 'web' })).toMatchObject({ persona_id: 'web' });
    await admin.deletePolicy({ params: { name: 'no-databases' } });
  });
});

describe('a checkout', () => {
  it('is extended and given back by its holder, whoever he is, and by operators', async () => {
    const nobody = await bearer(server, { name: 'carol', roles: ['lab-user'] });
    const mine = await book(nobody, 'data-1');
    expect((await nobody.extendCheckout({ ...of(mine), body: { for: '30m' } })).checkout_id).toBe(mine.checkout_id);
    const theirs = await book(operator, 'shop-2');
    for (const call of [
      () => alice.extendCheckout({ ...of(theirs), body: { for: '30m' } }),
      () => alice.checkIn(of(theirs)),
    ])
      await expect(call()).rejects.toMatchObject(denied);
    expect((await alice.getCheckout(of(theirs))).holder).toBe('olga');
    await operator.checkIn(of(mine));
    await expect.poll(async () => (await admin.getCheckout(of(mine))).state, { timeout: 10_000 }).toBe('cancelled');
  });

  it('is seen in lists by whoever may see it', async () => {
    const viewer = await bearer(server, { roles: ['viewer'] });
    const none = await bearer(server, { roles: [] });
    const all = await viewer.listCheckouts({ query: { ended: 'true' } });
    expect(all.items.length).toBeGreaterThan(3);
    const page = await viewer.listCheckouts({ query: { ended: 'true', limit: 2 } });
    const next = await viewer.listCheckouts({ query: { ended: 'true', limit: 2, cursor: page.next_cursor ?? '' } });
    expect([...page.items, ...next.items].map(({ checkout_id }) => checkout_id)).toEqual(
      all.items.slice(0, 4).map(({ checkout_id }) => checkout_id),
    );
    expect((await none.listCheckouts({})).items).toEqual([]);
    const inTeam = await bearer(server, { roles: ['viewer'], scope: { tags: ['purpose=lab'] } });
    expect(new Set((await inTeam.listCheckouts({})).items.map(({ host_id }) => host_id))).toEqual(new Set(['data-1']));
  });

  it('keeps its host from being forgotten', async () => {
    await book(bob, 'data-1');
    await expect(admin.deleteHost({ params: { host_id: parseHostId('data-1') } })).rejects.toMatchObject({
      code: 'lease_conflict',
      message: expect.stringContaining('Cannot forget "data-1"'),
    });
  });

  it('keeps its persona from being deleted', async () => {
    await book(operator, 'shop-2', { persona_id: 'web' });
    await expect(admin.deletePersona({ params: { persona_id: parsePersonaId('web') } })).rejects.toMatchObject({
      code: 'persona_assigned',
      message: expect.stringContaining('a host is borrowed as it'),
    });
  });

  it('that there is not is not found, and what is no id is refused', async () => {
    const checkout_id = '00000000-0000-4000-8000-000000000000';
    await expect(admin.getCheckout({ params: { checkout_id } })).rejects.toMatchObject({ code: 'checkout_not_found' });
    await expect(admin.getCheckout({ params: { checkout_id: 'h1' } })).rejects.toMatchObject({
      code: 'argument_invalid',
    });
  });

  it('is in the audit, with what it was and became', async () => {
    const mine = await book(bob, 'data-1');
    await expect.poll(async () => (await admin.getCheckout(of(mine))).state, { timeout: 10_000 }).toBe('booked');
    await bob.extendCheckout({ ...of(mine), body: { for: '10m' } });
    await bob.checkIn(of(mine));
    await expect.poll(async () => (await admin.getCheckout(of(mine))).ended_at, { timeout: 10_000 }).not.toBeNull();
    const { items } = await admin.listAudit({ query: { resource: `checkout/${mine.checkout_id}`, limit: 50 } });
    expect(items.map(({ action, actor }) => `${actor} ${action}`).toReversed()).toEqual([
      'bob checkout:request',
      'bob checkout:step',
      'bob checkout:extend',
      'bob checkout:checkin',
      'bob checkout:step',
      'bob checkout:step',
    ]);
    for (const { before, after, action } of items) {
      expect(after).toMatch(/^sha256:/);
      expect(before === null).toBe(action === 'checkout:request');
    }
  });
});

describe('a host that is not quarantined', () => {
  it('is released by nobody, and by operators alone if it were', async () => {
    const call = (client: Client) =>
      client.releaseHost({ params: { host_id: parseHostId('shop-1') }, body: { reason: 'looked' } });
    await expect(call(alice)).rejects.toMatchObject(denied);
    await expect(call(operator)).rejects.toMatchObject({ code: 'host_unfit' });
  });
});
