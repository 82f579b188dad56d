/**
 * A provider whose hosts are values in memory, by the words of the port. For tests: it can be made to fail, and to lose a snapshot.
 *
 * A host is there as soon as it is named. What it is made of is text by part, which `write` changes as whoever has the host would.
 */
import { digestOfJson, GuiseError, limits } from '@guise/model';
import type {
  Allocation,
  Capabilities,
  Capability,
  Fenced,
  Fingerprint,
  HostProvider,
  MachineUsage,
  ProvidedHost,
} from './host-provider.ts';
import { capabilityNames } from './host-provider.ts';

type Content = ReadonlyMap<string, string>;
type Failing = Exclude<keyof HostProvider, 'name'>;

interface MemoryHost {
  content: Content;
  allocation: Allocation;
  isOn: boolean;
  fence: bigint;
  readonly snapshots: Map<string, Content>;
}

const parts = ['files', 'packages', 'units'] as const;

export class MemoryProvider implements HostProvider {
  readonly name = 'memory';
  readonly can: Set<Capability> = new Set(capabilityNames);
  readonly images: Set<string> = new Set(['bookworm', 'trixie']);
  /** Every call that changes a host, in order: `snapshot h1 3`, with the fence. */
  readonly calls: string[] = [];
  readonly #hosts = new Map<string, MemoryHost>();
  #spoiled: string | null = null;
  readonly #failures = new Map<Failing, unknown[]>();

  /** What the next call of the method throws; several are thrown one after the other. */
  failNext(method: Failing, error: unknown): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
  }

  /** The next revert leaves this part as it is then. */
  spoilRevert(part: string): void {
    this.#spoiled = part;
  }

  loseSnapshot(label: string): void {
    for (const { snapshots } of this.#hosts.values()) snapshots.delete(label);
  }

  write(name: string, part: string, text: string): void {
    const host = this.#host(name);
    host.content = new Map([...host.content, [part, text]]);
  }

  read(name: string, part: string): string {
    return this.#host(name).content.get(part) ?? '';
  }

  allocationOf(name: string): Allocation {
    return this.#host(name).allocation;
  }

  snapshotsOf(name: string): readonly string[] {
    return [...this.#host(name).snapshots.keys()];
  }

  async capabilities(_host: ProvidedHost): Promise<Capabilities> {
    this.#failNow('capabilities');
    return { can: [...this.can], images: this.can.has('image') ? [...this.images] : [] };
  }

  async snapshot(fenced: Fenced, label: string): Promise<Fingerprint> {
    const host = this.#enter('snapshot', fenced);
    const kept = host.snapshots.get(label) ?? host.content;
    host.snapshots.set(label, kept);
    return fingerprintOf(kept);
  }

  async revert(fenced: Fenced, label: string): Promise<Fingerprint> {
    const host = this.#enter('revert', fenced);
    const kept = host.snapshots.get(label);
    if (kept === undefined)
      throw new GuiseError('snapshot_not_found', `Cannot revert "${fenced.name}": it has no snapshot "${label}"`);
    const left = this.#spoiled === null ? [] : [[this.#spoiled, host.content.get(this.#spoiled) ?? ''] as const];
    this.#spoiled = null;
    host.content = new Map([...kept, ...left]);
    host.isOn = true;
    return fingerprintOf(host.content);
  }

  async discard(fenced: Fenced, label: string): Promise<void> {
    this.#enter('discard', fenced, 'snapshot').snapshots.delete(label);
  }

  async deploy(fenced: Fenced, image: string): Promise<void> {
    const host = this.#enter('deploy', fenced, 'image');
    if (!this.images.has(image))
      throw new GuiseError('capability_missing', `Cannot deploy "${image}": there are ${[...this.images].join(', ')}`);
    host.content = new Map([...parts.map((part) => [part, ''] as const), ['image', image]]);
  }

  async resize(fenced: Fenced, allocation: Allocation): Promise<void> {
    this.#enter('resize', fenced).allocation = allocation;
  }

  async power(fenced: Fenced, to: 'on' | 'off' | 'cycle'): Promise<void> {
    this.#enter('power', fenced).isOn = to !== 'off';
  }

  async usage(_machine: string): Promise<MachineUsage | null> {
    this.#failNow('usage');
    const hosts = [...this.#hosts].map(([name, { allocation }]) => ({
      name,
      allocation,
      cpuSeconds: 0,
      memoryMb: 0,
      throttledSeconds: 0,
    }));
    return { cpuCores: 2, memoryMb: limits.pageItems, cpuPressure: null, hosts };
  }

  /** What it may do at all, whether whoever asks still has the host, and what it was told to fail with. */
  #enter(method: Failing, { hostId, name, fence }: Fenced, capability = method as Capability): MemoryHost {
    this.calls.push(`${method} ${hostId} ${fence}`);
    if (!this.can.has(capability))
      throw new GuiseError('capability_missing', `Cannot ${method} "${name}": provider "${this.name}" cannot`);
    const host = this.#host(name);
    if (fence < host.fence)
      throw new GuiseError('lease_lost', `Cannot ${method} "${name}": lease ${fence} is over, ${host.fence} has it`);
    host.fence = fence;
    this.#failNow(method);
    return host;
  }

  #failNow(method: Failing): void {
    const error = this.#failures.get(method)?.shift();
    if (error !== undefined) throw error;
  }

  #host(name: string): MemoryHost {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const content = new Map(parts.map((part) => [part, '']));
    const host = { content, allocation: {}, isOn: true, fence: 0n, snapshots: new Map() };
    this.#hosts.set(name, host);
    return host;
  }
}

function fingerprintOf(content: Content): Fingerprint {
  const entries = [...content]
    .filter(([, text]) => text !== '')
    .map(([part, text]) => [part, digestOfJson(text)] as const);
  return { digest: digestOfJson(Object.fromEntries(entries)), parts: Object.fromEntries(entries) };
}
