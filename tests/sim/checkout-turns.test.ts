/** Whose turn it is: one holder at a time, those that wait in order, bookings ahead, and what cannot be had at all. */
import { parseHostId } from '@guise/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually } from './control-plane.ts';
import { Lending } from './lending.ts';

const lending = new Lending(['h1', 'h2']);
type Asked = Awaited<ReturnType<Lending['ask']>>;

beforeAll(async () => {
  await lending.start();
  await lending.run();
  await lending.api.putHostTags({ params: { host_id: parseHostId('h1') }, body: { tags: { purpose: 'lab' } } });
});
afterEach(async () => {
  const { items } = await lending.api.listCheckouts({});
  for (const checkout of items) await lending.checkIn(checkout);
  await eventually('nobody has a host', async () => (await lending.api.listCheckouts({})).items.length === 0);
});
afterAll(() => lending.stop());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const hourMs = 3_600_000;
const out = async (body: Parameters<Lending['ask']>[0]) => lending.reaches(await lending.ask(body), 'out');

describe('one host', () => {
  it('is one holder’s of a hundred that ask at once; the others hear whose, and until when', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 100 }, () => lending.ask({ host_id: 'h1' })));
    const taken = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(taken).toHaveLength(1);
    const refusals = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(refusals).toHaveLength(99);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: 'lease_conflict',
        message: `Cannot lease "h1" now: "admin" has it from ${taken[0]?.starts_at} until ${taken[0]?.expires_at}`,
      });
    }
    expect(await lending.rows('select lease_id from leases where ended_at is null')).toHaveLength(1);
  });

  it('goes to whoever waits with the highest priority, then to who has waited longest', async () => {
    const first = await out({ host_id: 'h1' });
    const waiting: Asked[] = [];
    for (const priority of [10, 90, 10]) waiting.push(await lending.ask({ host_id: 'h1', wait: true, priority }));
    expect((await Promise.all(waiting.map((each) => lending.find(each)))).map(({ ahead }) => ahead)).toEqual([1, 0, 2]);
    const [low, high, last] = waiting as [Asked, Asked, Asked];
    for (const [before, next] of [
      [first, high],
      [high, low],
      [low, last],
    ] as const) {
      await lending.checkIn(before);
      await lending.reaches(next, 'out');
    }
    expect(await lending.rows('select fence from fleet where host_id = $$h1$$')).toEqual([{ fence: '5' }]);
  });

  it('is nobody’s who gave up waiting', async () => {
    const first = await out({ host_id: 'h1' });
    const [one, two] = [
      await lending.ask({ host_id: 'h1', wait: true, priority: 90 }),
      await lending.ask({ host_id: 'h1', wait: true }),
    ];
    await lending.checkIn(one);
    const cancelled = await lending.reaches(one, 'cancelled');
    await lending.checkIn(first);
    const next = await lending.reaches(two, 'out');
    expect([cancelled.host_id, next.host_id]).toEqual([null, 'h1']);
  });

  it('comes back by itself when the time is over', async () => {
    const events = await listen();
    const checkout = await out({ host_id: 'h1' });
    await lending.endsIn(checkout, 500);
    await lending.reaches(checkout, 'ended');
    await eventually('the end was told', () => events.heard.includes(`checkout.ended ${checkout.checkout_id}`));
    expect(events.heard).toContain(`checkout.ready ${checkout.checkout_id}`);
    events.close();
  });

  it('is not lost without a warning, which comes once for each', async () => {
    const events = await listen();
    const checkout = await out({ host_id: 'h1', for: '61s' });
    const warning = `checkout.expiring ${checkout.checkout_id}`;
    await eventually('the holder was warned', () => events.heard.includes(warning));
    expect(events.heard).toContain('lease.expiring h1');
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    expect(events.heard.filter((each) => each === warning)).toHaveLength(1);
    events.close();
  });
});

describe('a booking', () => {
  it('holds the host for its time, and nobody stays past its begin', async () => {
    const now = await out({ host_id: 'h1', for: '1h' });
    const booked = await lending.ask({ host_id: 'h1', for: '1h', starts_at: inMs(2 * hourMs) });
    expect(booked.starts_at).not.toBeNull();
    await expect(lending.ask({ host_id: 'h1', for: '1h', starts_at: inMs(2.5 * hourMs) })).rejects.toMatchObject({
      code: 'lease_conflict',
    });
    const extend = (text: string) =>
      lending.api.extendCheckout({ params: { checkout_id: now.checkout_id }, body: { for: text } });
    const extended = await extend('30m');
    expect(Date.parse(extended.expires_at ?? '') - Date.parse(now.expires_at ?? '')).toBe(hourMs / 2);
    await expect(extend('1h')).rejects.toMatchObject({
      code: 'lease_conflict',
      message: expect.stringContaining(`"admin" has it from ${booked.starts_at}`),
    });
    await expect(extend('14d')).rejects.toMatchObject({ code: 'argument_invalid' });
  });

  it('begins by itself, with whichever host of several is free then', async () => {
    const day = await out({ host_id: 'h1', for: '1h' });
    const booked = await lending.ask({ select: 'purpose=lab,rack!=1', for: '1h', starts_at: inMs(2 * hourMs) });
    expect(booked.host_id).toBe('h1');
    await lending.checkIn(day);
    await lending.reaches(day, 'ended');
    const soon = await lending.ask({ host_id: 'h1', for: '30m', starts_at: inMs(5000) });
    expect((await lending.reaches(soon, 'booked')).reach).toBeNull();
    await lending.reaches(soon, 'out');
  });

  it('is neither for the past nor for ever', async () => {
    for (const starts_at of [inMs(-hourMs), inMs(400 * 24 * hourMs)]) {
      await expect(lending.ask({ host_id: 'h1', starts_at })).rejects.toMatchObject({ code: 'argument_invalid' });
    }
  });
});

describe('what a host becomes', () => {
  it('is nothing for whoever names no persona', async () => {
    const checkout = await out({ host_id: 'h1' });
    expect(lending.activeOn('h1')).toEqual([]);
    expect(checkout).toMatchObject({ persona_id: null, version: null });
  });

  it('is another system with another allocation, and neither is left', async () => {
    const { provider } = lending;
    const checkout = await out({ host_id: 'h1', persona_id: 'big' });
    expect(provider.imageOf('h1')).toBe('debian-13');
    expect(provider.allocationOf('h1')).toEqual({ cpuCores: 2 });
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    expect(provider.imageOf('h1')).toBe('debian-12');
    expect(provider.allocationOf('h1')).toEqual({});
  });

  it('is active although its triggers would not have it so now', async () => {
    const checkout = await out({ host_id: 'h1', persona_id: 'nightly' });
    expect(lending.activeOn('h1')).toEqual(['nightly']);
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    expect(lending.activeOn('h1')).toEqual(['web']);
  });

  it('is a persona of a category, on any host with the tags', async () => {
    const checkout = await out({ select: 'purpose=lab', category: 'testing' });
    expect(checkout).toMatchObject({ host_id: 'h1', persona_id: 'lab' });
    await expect(lending.ask({ category: 'unheard' })).rejects.toMatchObject({ code: 'host_unfit' });
    await expect(lending.ask({ select: 'purpose=other' })).rejects.toMatchObject({ code: 'host_unfit' });
  });

  it('stays what it is on loan, whatever it is assigned meanwhile', async () => {
    const params = { host_id: parseHostId('h1'), persona_id: 'nightly' as never };
    const checkout = await out({ host_id: 'h1', persona_id: 'lab' });
    await lending.api.assignToHost({ params, body: {} });
    const { desired } = await lending.api.getHost({ params });
    expect(desired.layers).toMatchObject([
      { instance: 'lab', assigned_by: `checkout:${checkout.checkout_id} by admin` },
    ]);
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    const after = await lending.api.getHost({ params });
    expect(after.desired.layers.map(({ instance }) => instance)).toEqual(['nightly', 'web']);
    await lending.api.unassignFromHost({ params });
  });

  it('has its tests run, and keeps what they said', async () => {
    const checkout = await out({ host_id: 'h1', persona_id: 'lab', tests: true });
    const { results } = await lending.api.getCheckoutResults({ params: { checkout_id: checkout.checkout_id } });
    expect(results).toMatchObject([{ instance: 'lab', name: 'it is there', ok: true }]);
    expect([{ fence: String(lending.fenceOn('h1')) }]).toEqual(
      await lending.rows("select fence from fleet where host_id = 'h1'"),
    );
  });
});

describe('what cannot be is refused by name, before anything changes', () => {
  it('when the host is not large enough', async () => {
    await expect(lending.ask({ host_id: 'h1', persona_id: 'huge' })).rejects.toMatchObject({
      code: 'requirements_unmet',
      message: expect.stringMatching(/cores free, and 4096 are needed$/),
    });
  });

  it.each([
    ['image', 'operating_system.image needs "image"'],
    ['resize', 'resource_allocation needs "resize"'],
    ['snapshot', 'a host that is lent needs "snapshot"'],
  ] as const)('when its provider cannot %s', async (capability, words) => {
    lending.provider.can.delete(capability);
    await expect(lending.ask({ host_id: 'h1', persona_id: 'big' })).rejects.toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining(words),
    });
    lending.provider.can.add(capability);
  });

  it('when a part of its allocation is nothing that providers can resize', async () => {
    await expect(lending.ask({ host_id: 'h1', persona_id: 'fast' })).rejects.toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining('resource_allocation.network_mbps is nothing that it can resize'),
    });
  });

  it('when its provider has no such image', async () => {
    lending.provider.images.delete('debian-13');
    await expect(lending.ask({ host_id: 'h1', persona_id: 'big' })).rejects.toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining('operating_system.image is "debian-13", and it has debian-12'),
    });
    lending.provider.images.add('debian-13');
  });

  it('when there is no such host, persona or parameter, or too much is asked', async () => {
    const refusals = [
      [{ host_id: 'gone' }, 'host_not_found'],
      [{ host_id: 'h1', persona_id: 'gone' }, 'persona_not_found'],
      [{ host_id: 'h1', persona_id: 'lab', parameters: { odd: 1 } }, 'parameter_invalid'],
      [{ host_id: 'h1', for: '15d' }, 'argument_invalid'],
      [{ host_id: 'h1', select: 'a=b' }, 'argument_invalid'],
    ] as const;
    for (const [body, code] of refusals) await expect(lending.ask(body)).rejects.toMatchObject({ code });
  });

  it('and leaves nothing behind', async () => {
    expect((await lending.api.listCheckouts({})).items).toEqual([]);
    expect(await lending.rows('select flow_id from flows where ended_at is null')).toEqual([]);
  });

  it('past what one holder may have or wait for', async () => {
    const many = Array.from({ length: 12 }, () => lending.ask({ select: 'purpose=lab' }));
    const asked = await Promise.allSettled(many);
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(asked.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'limit_exceeded' });
  });
});

/** `GET /events` as a client reads it. */
async function listen(): Promise<{ readonly heard: string[]; close(): void }> {
  const { url, adminToken } = lending.server;
  const ending = new AbortController();
  const response = await fetch(`${url}/events`, {
    headers: { authorization: `Bearer ${adminToken}` },
    signal: ending.signal,
  });
  const heard: string[] = [];
  void (async () => {
    for await (const chunk of response.body ?? []) {
      for (const [, text = ''] of Buffer.from(chunk)
        .toString()
        .matchAll(/^data: (.*)$/gm)) {
        const { type, subject } = JSON.parse(text) as { type: string; subject: string };
        heard.push(`${type} ${subject}`);
      }
    }
  })().catch(() => undefined);
  return { heard, close: () => ending.abort() };
}

it('lends to nobody who may not', async () => {
  const { token } = await lending.api.createToken({ body: { name: 'viewer', roles: ['viewer'] } });
  const viewer = clientOf({ url: lending.server.url, adminToken: token });
  await expect(
    viewer.requestCheckout({ body: { host_id: parseHostId('h1'), for: '1h', reason: 'curious' } }),
  ).rejects.toMatchObject({ code: 'not_permitted' });
});
