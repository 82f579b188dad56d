/** Traffic that goes nowhere, for tests of what uses the port; it passes the same contract as the real drivers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import type { Traffic, TrafficState } from './traffic.ts';

interface MemoryHost {
  isServing: boolean;
  underWay: number;
  isHealthy: boolean;
}

export class MemoryTraffic implements Traffic {
  readonly name: string;
  /** What happens on a host is a test's to say. */
  readonly hosts: ReadonlyMap<string, MemoryHost>;
  /** `drain h1`, `restore h1`, in order. */
  readonly calls: string[] = [];
  /** Awaited in the middle of each drain. */
  hold: Promise<void> = Promise.resolve();

  constructor(name: string, hostIds: readonly string[]) {
    this.name = name;
    this.hosts = new Map(hostIds.map((hostId) => [hostId, { isServing: true, underWay: 0, isHealthy: true }]));
  }

  async serves(hostId: string): Promise<boolean> {
    return this.hosts.has(hostId);
  }

  async state(hostId: string): Promise<TrafficState> {
    const { isServing, underWay } = this.#host(hostId);
    return { isServing, underWay };
  }

  async drain(hostId: string, { deadlineMs, signal }: Parameters<Traffic['drain']>[1]): Promise<TrafficState> {
    const endsAt = performance.now() + deadlineMs;
    const host = this.#host(hostId);
    this.calls.push(`drain ${hostId}`);
    host.isServing = false;
    await this.hold;
    while (host.underWay > 0 && performance.now() < endsAt) await sleep(limits.trafficPollMs, undefined, { signal });
    return this.state(hostId);
  }

  async restore(hostId: string, { deadlineMs, signal }: Parameters<Traffic['restore']>[1]): Promise<void> {
    const endsAt = performance.now() + deadlineMs;
    const host = this.#host(hostId);
    this.calls.push(`restore ${hostId}`);
    while (!host.isHealthy) {
      if (performance.now() >= endsAt) {
        throw new GuiseError('host_unavailable', `Cannot put ${hostId} into traffic: it is not healthy`);
      }
      await sleep(limits.trafficPollMs, undefined, { signal });
    }
    host.isServing = true;
  }

  #host(hostId: string): MemoryHost {
    const host = this.hosts.get(hostId);
    if (host !== undefined) return host;
    throw new GuiseError('traffic_not_found', `Cannot find ${hostId} in ${this.name}`);
  }
}
