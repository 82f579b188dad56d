/**
 * A machine whose hosts use what they want as far as their limits and each other let them, for tests of what divides it.
 *
 * Processors go round evenly among those that may still run, as a kernel does without weights. Whoever its limit holds back is
 * throttled for the time that it lacks. Its clock is turned by hand.
 */
import type { UsageReading } from './estimate-demand.ts';
import { shareOut } from './share-out.ts';

export interface SimulatedHost {
  readonly name: string;
  /** Cores; may be changed at any time. */
  wants: number;
  limit: number | null;
  /** Cores, in the time that passed last. */
  used: number;
  cpuSeconds: number;
  throttledSeconds: number;
}

export class SimulatedMachine {
  readonly cores: number;
  readonly hosts: readonly SimulatedHost[];
  #nowMs = 0;

  constructor(cores: number, names: readonly string[]) {
    this.cores = cores;
    this.hosts = names.map((name) => ({
      name,
      wants: 0,
      limit: null,
      used: 0,
      cpuSeconds: 0,
      throttledSeconds: 0,
    }));
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const running = this.hosts.map(({ name, wants, limit }) => ({
      name,
      weight: 1,
      minimum: 0,
      demand: Math.min(wants, limit ?? wants),
    }));
    const { shares } = shareOut(this.cores, running);
    for (const host of this.hosts) {
      host.used = shares.get(host.name)!;
      host.cpuSeconds += (host.used * ms) / 1000;
      const isHeldBack = host.limit !== null && host.used >= host.limit;
      if (isHeldBack) host.throttledSeconds += (Math.min(host.wants, this.cores) - host.used) * (ms / 1000);
    }
  }

  readingOf({ cpuSeconds, throttledSeconds, limit }: SimulatedHost): UsageReading {
    return { atMs: this.#nowMs, cpuSeconds, throttledSeconds, allocation: limit };
  }
}
