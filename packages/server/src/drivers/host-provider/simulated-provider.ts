/** Hosts on one simulated machine, for tests of who shares it out. It passes the contract of providers for what it claims. */
import type { SimulatedMachine } from '@guise/decide/fairness';
import { GuiseError } from '@guise/model';
import type {
  Allocation,
  Capabilities,
  Capability,
  Fenced,
  HostProvider,
  MachineUsage,
  ProvidedHost,
} from './host-provider.ts';

export class SimulatedProvider implements HostProvider {
  readonly name = 'simulated';
  readonly machine: SimulatedMachine;
  readonly memoryMb = 4_096;
  readonly fences: Map<string, bigint>;
  readonly used = new Map<string, number>();
  readonly resized: { readonly name: string; readonly allocation: Allocation }[] = [];
  readonly #memory = new Map<string, number>();
  /** What a test wants to happen there. */
  beforeResize: (host: Fenced) => Promise<void> = async () => undefined;
  afterResize: (host: Fenced) => Promise<void> = async () => undefined;
  asked = 0;
  can: readonly Capability[] = ['resize'];

  /** `fences`: what a provider before this one remembered. */
  constructor(machine: SimulatedMachine, fences = new Map<string, bigint>()) {
    this.machine = machine;
    this.fences = fences;
  }

  async capabilities({ name }: ProvidedHost): Promise<Capabilities> {
    this.#hostOf(name);
    return { can: this.can, images: [] };
  }

  async usage(machine: string): Promise<MachineUsage | null> {
    this.asked += 1;
    if (machine !== 'm1') return null;
    const hosts = this.machine.hosts.map(({ name, limit, cpuSeconds, throttledSeconds }) => ({
      name,
      allocation: this.allocationOf(name, limit),
      cpuSeconds,
      throttledSeconds,
      memoryMb: this.used.get(name) ?? 100,
    }));
    return { cpuCores: this.machine.cores, memoryMb: this.memoryMb, cpuPressure: null, hosts };
  }

  async resize(fenced: Fenced, allocation: Allocation): Promise<void> {
    const { name, fence } = fenced;
    await this.beforeResize(fenced);
    const host = this.#hostOf(name);
    if (fence < (this.fences.get(name) ?? 0n)) throw new GuiseError('lease_lost', `Cannot resize "${name}"`);
    this.fences.set(name, fence);
    this.resized.push({ name, allocation });
    host.limit = allocation.cpuCores ?? null;
    if (allocation.memoryMb === undefined) this.#memory.delete(name);
    else this.#memory.set(name, allocation.memoryMb);
    await this.afterResize(fenced);
  }

  allocationOf(name: string, limit: number | null): Allocation {
    const memoryMb = this.#memory.get(name);
    return { ...(limit === null ? {} : { cpuCores: limit }), ...(memoryMb === undefined ? {} : { memoryMb }) };
  }

  #hostOf(name: string): SimulatedMachine['hosts'][number] {
    const host = this.machine.hosts.find((each) => each.name === name);
    if (host === undefined) throw new GuiseError('host_not_found', `Cannot find "${name}"`);
    return host;
  }

  snapshot = refuse;
  revert = refuse;
  discard = refuse;
  deploy = refuse;
  power = refuse;
}

async function refuse(): Promise<never> {
  throw new GuiseError('capability_missing', 'Cannot do this: a simulated machine only shares itself out');
}
