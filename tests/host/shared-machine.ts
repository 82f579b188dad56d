/**
 * A lab as a machine of so many cores, of which this machine has more: its hosts contend for them as they would for a real machine.
 *
 * Source: cgroups(7); the kernel's scheduler/sched-bwc.rst.
 */
import { globSync, writeFileSync } from 'node:fs';
import { labDirectory, labNames } from '@guise/lab';
import { LabProvider, type MachineUsage } from '@guise/server';

const periodUs = 100_000;

/** Limits all of the lab's hosts together, and lets them have it before other labs. */
export function limitMachine(lab: string, cores: number): void {
  const { cgroup } = labNames(labDirectory(process.env), lab);
  const quotaUs = cores * periodUs;
  const settings = {
    'cpu.cfs_quota_us': String(quotaUs),
    'cpu.shares': '262144',
    'cpu.max': `${quotaUs} ${periodUs}`,
    'cpu.weight': '10000',
  };
  for (const [name, value] of Object.entries(settings)) {
    for (const file of globSync(`/sys/fs/cgroup/{,*/}${cgroup}/${name}`)) writeFileSync(file, value);
  }
}

/** The provider of a lab that was limited so. */
export class LimitedMachineProvider extends LabProvider {
  readonly #cores: number;

  constructor(socketPath: string, cores: number) {
    super(socketPath);
    this.#cores = cores;
  }

  override async usage(machine: string): Promise<MachineUsage | null> {
    const usage = await super.usage(machine);
    return usage === null ? null : { ...usage, cpuCores: this.#cores };
  }
}
