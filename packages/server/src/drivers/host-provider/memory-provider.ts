/**
 * A provider whose hosts are values: for tests of what uses the port, and proof that the port can be kept without a machine.
 *
 * It passes the same contract as real ones. `disk` is what outlives its process: a provider made anew of the same disk goes on.
 */
import { type Capability, capability } from '@guise/api/provider-wire';
import { digestOfJson, GuiseError } from '@guise/model';
import type {
  Allocation,
  Capabilities,
  Fenced,
  Fingerprint,
  HostProvider,
  MachineUsage,
  ProvidedHost,
} from './host-provider.ts';

export interface MemoryHost {
  image: string;
  /** Path → content; what a revert brings back. */
  files: Readonly<Record<string, string>>;
  /** Names, as its package database would have them. */
  packages: readonly string[];
  /** What its agent must not lose. */
  identity: string;
  isUp: boolean;
  allocation: Allocation;
  cpuSeconds: number;
  throttledSeconds: number;
}

type Operation = Exclude<keyof HostProvider, 'name' | 'capabilities' | 'usage'>;

/** What each operation needs. */
const capabilityOf: Readonly<Record<Operation, Capability>> = {
  snapshot: 'snapshot',
  discard: 'snapshot',
  revert: 'revert',
  deploy: 'image',
  resize: 'resize',
  power: 'power',
};

type Root = Pick<MemoryHost, 'image' | 'files' | 'packages'>;

export interface MemoryDisk {
  readonly hosts: Map<string, MemoryHost>;
  /** By host and label. */
  readonly snapshots: Map<string, Root>;
  readonly fences: Map<string, bigint>;
}

export interface MemoryProviderOptions {
  readonly disk: MemoryDisk;
  /** Default: everything. */
  readonly can?: readonly Capability[];
  readonly images?: readonly string[];
  readonly machine?: { readonly name: string; readonly cpuCores: number; readonly memoryMb: number };
}

export function memoryDisk(hosts: Readonly<Record<string, Partial<MemoryHost>>>): MemoryDisk {
  const made = Object.entries(hosts).map(([name, host]): [string, MemoryHost] => [name, { ...plainHost(), ...host }]);
  return { hosts: new Map(made), snapshots: new Map(), fences: new Map() };
}

export class MemoryProvider implements HostProvider {
  readonly name = 'memory';
  readonly #disk: MemoryDisk;
  /** A test may take some away. */
  readonly can: Set<Capability>;
  readonly images: Set<string>;
  readonly #machine: NonNullable<MemoryProviderOptions['machine']>;
  readonly #failures = new Map<Operation, unknown[]>();
  /** Every operation that was tried, in order, with the host and the fence: `snapshot web-1 3`. */
  readonly calls: string[] = [];
  #spoils = false;

  constructor({ disk, can = capability.options, images = ['debian-12', 'debian-13'], machine }: MemoryProviderOptions) {
    this.#disk = disk;
    this.can = new Set(can);
    this.images = new Set(images);
    this.#machine = machine ?? { name: 'memory', cpuCores: 4, memoryMb: 8192 };
  }

  /** The next such operation fails so, before it does anything; several failures come one after the other. */
  failNext(operation: Operation, error: unknown): void {
    this.#failures.set(operation, [...(this.#failures.get(operation) ?? []), error]);
  }

  /** The next revert leaves the files as they are then. */
  spoilRevert(): void {
    this.#spoils = true;
  }

  /** As whoever has the host would. */
  write(name: string, path: string, content: string): void {
    const found = this.#named(name);
    found.files = { ...found.files, [path]: content };
  }

  read(name: string, path: string): string | null {
    return this.#named(name).files[path] ?? null;
  }

  allocationOf(name: string): Allocation {
    return this.#named(name).allocation;
  }

  imageOf(name: string): string {
    return this.#named(name).image;
  }

  snapshotsOf(name: string): readonly string[] {
    return [...this.#disk.snapshots.keys()]
      .filter((key) => key.startsWith(`${name}@`))
      .map((key) => key.slice(name.length + 1));
  }

  loseSnapshots(name: string): void {
    for (const label of this.snapshotsOf(name)) this.#disk.snapshots.delete(`${name}@${label}`);
  }

  async capabilities(host: ProvidedHost): Promise<Capabilities> {
    this.#named(host.name);
    return { can: [...this.can], images: this.can.has('image') ? [...this.images] : [] };
  }

  async snapshot(host: Fenced, label: string): Promise<Fingerprint> {
    const key = snapshotKey(host, label);
    const found = this.#admit(host, 'snapshot');
    if (!this.#disk.snapshots.has(key)) this.#disk.snapshots.set(key, rootOf(found));
    return fingerprintOf(this.#disk.snapshots.get(key)!);
  }

  async revert(host: Fenced, label: string): Promise<Fingerprint> {
    const found = this.#admit(host, 'revert');
    const snapshot = this.#disk.snapshots.get(snapshotKey(host, label));
    if (snapshot === undefined) {
      throw new GuiseError('snapshot_not_found', `Cannot find the snapshot "${label}" of ${host.name}: there is none`);
    }
    Object.assign(found, snapshot, { isUp: true }, this.#spoils ? { files: found.files } : {});
    this.#spoils = false;
    return fingerprintOf(rootOf(found));
  }

  async discard(host: Fenced, label: string): Promise<void> {
    this.#admit(host, 'discard');
    this.#disk.snapshots.delete(snapshotKey(host, label));
  }

  async deploy(host: Fenced, image: string): Promise<void> {
    const found = this.#admit(host, 'deploy');
    if (!this.images.has(image)) {
      const known = [...this.images].join(' and ');
      throw new GuiseError('capability_missing', `Cannot deploy "${image}" to ${host.name}: its provider has ${known}`);
    }
    Object.assign(found, { image, files: {}, packages: [], isUp: true });
  }

  async resize(host: Fenced, allocation: Allocation): Promise<void> {
    this.#admit(host, 'resize').allocation = allocation;
  }

  async power(host: Fenced, to: 'on' | 'off' | 'cycle'): Promise<void> {
    this.#admit(host, 'power').isUp = to !== 'off';
  }

  async usage(machine: string): Promise<MachineUsage | null> {
    if (machine !== this.#machine.name) return null;
    const hosts = [...this.#disk.hosts].map(([name, { allocation, cpuSeconds, throttledSeconds }]) => ({
      name,
      allocation,
      cpuSeconds,
      throttledSeconds,
      memoryMb: 0,
    }));
    return { cpuCores: this.#machine.cpuCores, memoryMb: this.#machine.memoryMb, cpuPressure: null, hosts };
  }

  #admit(host: Fenced, operation: Operation): MemoryHost {
    this.calls.push(`${operation} ${host.hostId} ${host.fence}`);
    const found = this.#named(host.name);
    const capability = capabilityOf[operation];
    if (!this.can.has(capability)) {
      throw new GuiseError('capability_missing', `Cannot act on ${host.name}: its provider has no ${capability}`);
    }
    const highest = this.#disk.fences.get(host.name) ?? 0n;
    if (host.fence < highest) {
      throw new GuiseError('lease_lost', `Cannot act on ${host.name} with the fence ${host.fence}: it is ${highest}`);
    }
    this.#disk.fences.set(host.name, host.fence);
    const failure = this.#failures.get(operation)?.shift();
    if (failure !== undefined) throw failure;
    return found;
  }

  #named(name: string): MemoryHost {
    const found = this.#disk.hosts.get(name);
    if (found !== undefined) return found;
    throw new GuiseError('host_not_found', `Cannot find the host "${name}": it is none of this provider's`);
  }
}

function plainHost(): MemoryHost {
  return {
    image: 'debian-12',
    files: {},
    packages: [],
    identity: '',
    isUp: true,
    allocation: {},
    cpuSeconds: 0,
    throttledSeconds: 0,
  };
}

function rootOf({ image, files, packages }: MemoryHost): Root {
  return { image, files, packages };
}

function fingerprintOf({ image, files, packages }: Root): Fingerprint {
  const parts = { files: digestOfJson({ image, files }), packages: digestOfJson([...packages]) };
  return { digest: digestOfJson(parts), parts };
}

function snapshotKey({ name }: ProvidedHost, label: string): string {
  return `${name}@${label}`;
}
