/** A balancer in memory, by the words of the port: for tests. What is under way is what a test says. */
import type { Traffic, TrafficState } from './traffic.ts';

export class MemoryTraffic implements Traffic {
  readonly name: string;
  /** `drain h1`, `restore h1`, in order. */
  readonly calls: string[] = [];
  underWay = 0;
  /** Awaited in the middle of each drain. */
  hold: Promise<void> = Promise.resolve();
  readonly #serving: Map<string, boolean>;

  constructor(name: string, hosts: readonly string[]) {
    this.name = name;
    this.#serving = new Map(hosts.map((host) => [host, true]));
  }

  async serves(hostId: string): Promise<boolean> {
    return this.#serving.has(hostId);
  }

  async state(hostId: string): Promise<TrafficState> {
    return { isServing: this.#serving.get(hostId) === true, underWay: this.underWay };
  }

  async drain(hostId: string): Promise<TrafficState> {
    this.calls.push(`drain ${hostId}`);
    this.#serving.set(hostId, false);
    await this.hold;
    return this.state(hostId);
  }

  async restore(hostId: string): Promise<void> {
    this.calls.push(`restore ${hostId}`);
    this.#serving.set(hostId, true);
  }
}
