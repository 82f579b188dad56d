/** What every driver of the port does, against real servers, and the fake as well. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DnsTraffic } from './dns/dns-traffic.ts';
import { RealNamed } from './dns/real-named.ts';
import { HaproxyTraffic } from './haproxy/haproxy-traffic.ts';
import { RealHaproxy } from './haproxy/real-haproxy.ts';
import { MemoryTraffic } from './memory-traffic.ts';
import { pathWithTestServers } from './test-servers.ts';
import type { Traffic, TrafficState } from './traffic.ts';

interface TrafficUnderTest {
  /** Serves h1 and h2 and no other; both are healthy, and nothing is under way. */
  readonly traffic: Traffic;
  /** From here until the function that it gives is called, h1 is not free of requests. */
  keepBusy(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** Of traffic that asks hosts for their health. */
interface TrafficWithHealth extends TrafficUnderTest {
  /** Of h1. */
  readonly setHealth: (isHealthy: boolean) => void;
}

const none = new AbortController().signal;
const patient = { deadlineMs: 20_000, signal: none };
const hasty = { deadlineMs: 100, signal: none };

function isDrained({ isServing, underWay }: TrafficState): boolean {
  return !isServing && (underWay ?? 0) === 0;
}

async function memory(): Promise<TrafficWithHealth> {
  const traffic = new MemoryTraffic('memory', ['h1', 'h2']);
  const host = traffic.hosts.get('h1');
  if (host === undefined) throw new Error('h1 was just named');
  return {
    traffic,
    keepBusy: async () => {
      host.underWay = 1;
      return async () => {
        host.underWay = 0;
      };
    },
    setHealth: (isHealthy) => {
      host.isHealthy = isHealthy;
    },
    stop: async () => undefined,
  };
}

async function haproxy(isChecked: boolean): Promise<TrafficWithHealth> {
  const real = new RealHaproxy({ isChecked });
  await real.start();
  const [h1] = real.backends;
  const settings = { endpoint: `unix:${real.socket}`, backend: 'web', server: '{host_id}' };
  return {
    traffic: new HaproxyTraffic('edge', settings, { allowOutbound: [], socketDirectories: [real.directory] }),
    keepBusy: async () => {
      // Round robin over two.
      const asked = [real.get('/held'), real.get('/held')];
      while (h1.served === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return async () => {
        for (const backend of real.backends) backend.letGo();
        await Promise.all(asked);
      };
    },
    setHealth: (isHealthy) => {
      h1.isHealthy = isHealthy;
    },
    stop: () => real.stop(),
  };
}

async function dns(): Promise<TrafficUnderTest> {
  const real = new RealNamed();
  await real.start();
  const rules = { allowOutbound: ['127.0.0.0/8'], socketDirectories: [] };
  return {
    traffic: new DnsTraffic('edge', real.settings, real.secret, rules),
    // Resolvers remember, whatever anybody does.
    keepBusy: async () => async () => undefined,
    stop: () => real.stop(),
  };
}

const path = process.env['PATH'];
beforeAll(() => {
  process.env['PATH'] = pathWithTestServers();
});
afterAll(() => {
  process.env['PATH'] = path;
});

describe.each([
  ['traffic in memory', memory],
  ['haproxy with health checks', () => haproxy(true)],
  ['haproxy without health checks', () => haproxy(false)],
  ['DNS', dns],
] as const)('%s', (_, start) => {
  let under: TrafficUnderTest;
  beforeEach(async () => {
    under = await start();
  });
  afterEach(() => under.stop());

  it('knows whom it serves, and that they are served', async () => {
    const { traffic } = under;
    expect([await traffic.serves('h1'), await traffic.serves('h2'), await traffic.serves('h3')]).toEqual([
      true,
      true,
      false,
    ]);
    expect((await traffic.state('h1')).isServing).toBe(true);
  });

  it('drains one host and restores it, each as often as it is told', async () => {
    const { traffic } = under;
    for (const _ of [1, 2]) expect(isDrained(await traffic.drain('h1', patient))).toBe(true);
    expect((await traffic.state('h1')).isServing).toBe(false);
    expect((await traffic.state('h2')).isServing).toBe(true);
    for (const _ of [1, 2]) await traffic.restore('h1', patient);
    expect((await traffic.state('h1')).isServing).toBe(true);
  });

  it('waits for what is under way, until it has ended', async () => {
    const { traffic } = under;
    const free = await under.keepBusy();
    const draining = traffic.drain('h1', patient);
    expect(isDrained(await traffic.drain('h1', hasty))).toBe(false);
    await free();
    expect(isDrained(await draining)).toBe(true);
  });

  it('waits no longer than whoever calls wants, and leaves the host drained', async () => {
    const { traffic } = under;
    const free = await under.keepBusy();
    const gone = new AbortController();
    const draining = traffic.drain('h1', { deadlineMs: 20_000, signal: gone.signal });
    while ((await traffic.state('h1')).isServing) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.abort();
    await expect(draining).rejects.toThrow('aborted');
    expect((await traffic.state('h1')).isServing).toBe(false);
    await free();
    expect(isDrained(await traffic.drain('h1', patient))).toBe(true);
  });

  it('is turned round half-way', async () => {
    const { traffic } = under;
    const free = await under.keepBusy();
    await traffic.drain('h1', hasty);
    await traffic.restore('h1', patient);
    expect((await traffic.state('h1')).isServing).toBe(true);
    await free();
  });

  it('refuses a host that it does not serve', async () => {
    const { traffic } = under;
    const isRefused = { code: 'traffic_not_found' };
    await expect(traffic.state('h3')).rejects.toMatchObject(isRefused);
    await expect(traffic.drain('h3', patient)).rejects.toMatchObject(isRefused);
    await expect(traffic.restore('h3', patient)).rejects.toMatchObject(isRefused);
  });
});

describe.each([
  ['traffic in memory', memory],
  ['haproxy with health checks', () => haproxy(true)],
] as const)('%s', (_, start) => {
  let under: TrafficWithHealth;
  beforeEach(async () => {
    under = await start();
  });
  afterEach(() => under.stop());

  it('sends nothing to a host before it is healthy', async () => {
    const { traffic, setHealth } = under;
    await traffic.drain('h1', patient);
    setHealth(false);
    await expect(traffic.restore('h1', hasty)).rejects.toMatchObject({ code: 'host_unavailable' });
    expect((await traffic.state('h1')).isServing).toBe(false);
    const restoring = traffic.restore('h1', patient);
    setHealth(true);
    await restoring;
    expect((await traffic.state('h1')).isServing).toBe(true);
  });
});
