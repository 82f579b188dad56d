/** Against a real bind9, whose zone takes updates that are signed with one key. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pathWithTestServers } from '../test-servers.ts';
import { DnsTraffic } from './dns-traffic.ts';
import { RealNamed, sharedTtlS } from './real-named.ts';

const none = new AbortController().signal;
const patient = { deadlineMs: 20_000, signal: none };
const hasty = { deadlineMs: 0, signal: none };
const rules = { allowOutbound: ['127.0.0.0/8'], socketDirectories: [] };
const all = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'];
const withoutH1 = ['192.0.2.2', '2001:db8::2'];

const path = process.env['PATH'];
beforeAll(() => {
  process.env['PATH'] = pathWithTestServers();
});
afterAll(() => {
  process.env['PATH'] = path;
});

describe('a name that hosts share', () => {
  let named: RealNamed;
  beforeEach(async () => {
    named = new RealNamed();
    await named.start();
  });
  afterEach(() => named.stop());

  const traffic = (more: object = {}) => new DnsTraffic('edge', { ...named.settings, ...more }, named.secret, rules);

  it('loses the addresses of a host at once, and is waited for until nobody remembers them', async () => {
    const startedAt = performance.now();
    const draining = traffic().drain('h1', patient);
    while ((await named.addresses('web')).length > 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await named.addresses('web')).toEqual(withoutH1);
    expect(await draining).toEqual({ isServing: false, underWay: null });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(sharedTtlS * 1000);
  });

  it('tells that clients may still come when there was no time to wait', async () => {
    expect(await traffic().drain('h1', hasty)).toEqual({ isServing: true, underWay: null });
    expect(await named.addresses('web')).toEqual(withoutH1);
  });

  it('is the same after everything was done twice, also by two at once', async () => {
    await Promise.all([traffic().drain('h1', hasty), traffic().drain('h1', hasty)]);
    await traffic().drain('h1', hasty);
    expect(await named.addresses('web')).toEqual(withoutH1);
    await Promise.all([traffic().restore('h1', patient), traffic().restore('h1', patient)]);
    await traffic().restore('h1', patient);
    expect(await named.addresses('web')).toEqual(all);
  });

  it('gets a host that never was in it', async () => {
    await traffic().restore('h4', patient);
    expect(await named.addresses('web')).toContain('192.0.2.4');
  });

  it('keeps its last address, also when its last two hosts go at once', async () => {
    const gone = await Promise.allSettled([traffic().drain('h1', hasty), traffic().drain('h2', hasty)]);
    expect(gone.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(gone.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        code: 'traffic_failed',
        message: expect.stringMatching(/it has the last A record, and "allow_empty" is not set/),
      },
    });
    expect(await named.addresses('web')).toHaveLength(2);
    for (const host of ['h1', 'h2']) await traffic({ allow_empty: true }).drain(host, hasty);
    expect(await named.addresses('web')).toEqual([]);
    for (const host of ['h1', 'h2']) await traffic().restore(host, patient);
    expect(await named.addresses('web')).toEqual(all);
  });

  it('is whole when a process is killed in the middle, and the next call goes on', async () => {
    const killed = new AbortController();
    const draining = traffic().drain('h1', { deadlineMs: 20_000, signal: killed.signal });
    while ((await named.addresses('web')).length > 2) await new Promise((resolve) => setTimeout(resolve, 5));
    killed.abort();
    await expect(draining).rejects.toThrow('aborted');
    expect(await named.addresses('web')).toEqual(withoutH1);
    expect(await traffic().drain('h1', patient)).toEqual({ isServing: false, underWay: null });
  });

  it.each([
    ['another secret', () => randomBytes(32).toString('base64'), {}, /does not take the key "guise" \(BADSIG\)/],
    ['a key that the server does not have', () => named.secret, { key_name: 'nobody' }, /"nobody" \(BADKEY\)/],
    ['a key that may not change it', () => named.secret, { key_name: 'other' }, /"other" may not change this/],
  ])('is not changed with %s', async (_, secret, more, message) => {
    const given = secret();
    const wrong = new DnsTraffic('edge', { ...named.settings, ...more }, given, rules);
    const refusal = await wrong.drain('h1', patient).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'traffic_failed', message: expect.stringMatching(message) });
    expect(`${String(refusal)} ${JSON.stringify(refusal)}`).not.toContain(given);
    expect(await named.addresses('web')).toEqual(all);
  });

  it('is out of reach when the server is, or may not be connected to', async () => {
    const strict = { allowOutbound: [], socketDirectories: [] };
    const guarded = new DnsTraffic('edge', named.settings, named.secret, strict);
    await expect(guarded.drain('h1', patient)).rejects.toMatchObject({ code: 'address_refused' });
    await named.stop();
    await expect(traffic().drain('h1', patient)).rejects.toMatchObject({ code: 'traffic_failed' });
  });

  it('is not changed, and the reason is told, where nsupdate is missing', async () => {
    process.env['PATH'] = named.directory;
    await expect(traffic().drain('h1', patient)).rejects.toMatchObject({
      code: 'traffic_failed',
      message: expect.stringContaining('bind9-dnsutils'),
    });
    process.env['PATH'] = pathWithTestServers();
  });
});
