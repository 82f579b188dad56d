/**
 * The hosts of a lab as a provider of one machine of so many cores, until a lab has a provider of its own.
 *
 * The lab's own cgroup is limited to the machine's cores, so that hosts contend for them as they would for a real machine.
 * Source: cgroups(7); the kernel's scheduler/sched-bwc.rst, "cpu.stat".
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { type Lab, labDirectory, labNames } from '@guise/lab';
import type { Allocation, Capabilities, Fenced, HostProvider, MachineUsage } from '@guise/server';

const periodUs = 100_000;

export class SharedMachineProvider implements HostProvider {
  readonly name = 'test-lab';
  readonly #lab: Lab;
  readonly #cores: number;
  /** Below each tree's root. */
  readonly #cgroup: string;

  constructor(lab: Lab, name: string, cores: number) {
    this.#lab = lab;
    this.#cores = cores;
    this.#cgroup = labNames(labDirectory(process.env), name).cgroup;
  }

  /** And lets it have them before other labs. */
  limitMachine(): void {
    const quotaUs = this.#cores * periodUs;
    const settings = {
      'cpu.cfs_quota_us': String(quotaUs),
      'cpu.shares': '262144',
      'cpu.max': `${quotaUs} ${periodUs}`,
      'cpu.weight': '10000',
    };
    for (const [name, value] of Object.entries(settings)) {
      for (const file of globSync(`/sys/fs/cgroup/{,*/}${this.#cgroup}/${name}`)) writeFileSync(file, value);
    }
  }

  async capabilities(): Promise<Capabilities> {
    return { can: ['resize'], images: [] };
  }

  async resize({ name }: Fenced, allocation: Allocation): Promise<void> {
    await this.#lab.limit(name, allocation);
  }

  async usage(): Promise<MachineUsage> {
    const hosts = this.#lab.list().map(({ name, cpuCores, memoryMb }) => ({
      name,
      allocation: { ...(cpuCores === undefined ? {} : { cpuCores }), ...(memoryMb === undefined ? {} : { memoryMb }) },
      cpuSeconds: this.cpuSeconds(name),
      memoryMb: 0,
      throttledSeconds:
        this.#figure(name, /^throttled_usec (\d+)$/m) / 1e6 + this.#figure(name, /^throttled_time (\d+)$/m) / 1e9,
    }));
    return { cpuCores: this.#cores, memoryMb: 65_536, cpuPressure: null, hosts };
  }

  cpuSeconds(host: string): number {
    return this.#figure(host, /^usage_usec (\d+)$/m) / 1e6;
  }

  snapshot = refuse;
  revert = refuse;
  discard = refuse;
  deploy = refuse;
  power = refuse;

  /** The largest that any tree tells; 0 where none does. */
  #figure(host: string, pattern: RegExp): number {
    const files = globSync(`/sys/fs/cgroup/{,*/}${this.#cgroup}/${host}/cpu.stat`);
    return Math.max(0, ...files.map((file) => Number(pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? 0)));
  }
}

async function refuse(): Promise<never> {
  throw new Error('This provider only shares a machine out');
}
