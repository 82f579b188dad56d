/** What every driver of the port does, and the fake as well: `describeTraffic('haproxy', start)` in a test file. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Traffic, TrafficState } from './traffic.ts';

export interface TrafficUnderTest {
  /** Serves h1 and h2 and no other; both are healthy, and nothing is under way. */
  readonly traffic: Traffic;
  /** From here until the function that it gives is called, h1 is not free of requests. */
  keepBusy(): Promise<() => Promise<void>>;
  /** Of h1; null where traffic goes to hosts whose health nobody asks for. */
  readonly setHealth: ((isHealthy: boolean) => Promise<void>) | null;
  stop(): Promise<void>;
}

const none = new AbortController().signal;
const patient = { deadlineMs: 20_000, signal: none };
const hasty = { deadlineMs: 100, signal: none };

function isDrained({ isServing, underWay }: TrafficState): boolean {
  return !isServing && (underWay ?? 0) === 0;
}

export function describeTraffic(name: string, start: () => Promise<TrafficUnderTest>): void {
  describe(name, () => {
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
      await expect(draining).rejects.toThrow();
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

    it('sends nothing to a host before it is healthy', async () => {
      const { traffic, setHealth } = under;
      await traffic.drain('h1', patient);
      if (setHealth === null) {
        await expect(traffic.restore('h1', patient)).resolves.toBeUndefined();
        return;
      }
      await setHealth(false);
      await expect(traffic.restore('h1', hasty)).rejects.toMatchObject({ code: 'host_unavailable' });
      expect((await traffic.state('h1')).isServing).toBe(false);
      const restoring = traffic.restore('h1', patient);
      await setHealth(true);
      await restoring;
      expect((await traffic.state('h1')).isServing).toBe(true);
    });

    it('refuses a host that it does not serve', async () => {
      const { traffic } = under;
      const isRefused = { code: 'traffic_not_found' };
      await expect(traffic.state('h3')).rejects.toMatchObject(isRefused);
      await expect(traffic.drain('h3', patient)).rejects.toMatchObject(isRefused);
      await expect(traffic.restore('h3', patient)).rejects.toMatchObject(isRefused);
    });
  });
}
