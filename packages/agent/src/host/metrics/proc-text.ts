/**
 * The texts of `/proc` that metrics are read from, as numbers.
 *
 * Every function takes a whole text and gives null, or nothing for a name, where the text does not say: an older kernel, a
 * container that hides it, half a line.
 * Source: proc_stat(5), proc_meminfo(5), proc_loadavg(5), proc_pid_net(5); the kernel's admin-guide/iostats.rst, accounting/psi.rst.
 */

export interface CpuTime {
  /** In ticks of the kernel, all processors together. */
  readonly busy: number;
  readonly total: number;
}

export interface Traffic {
  readonly inBytes: number;
  readonly outBytes: number;
}

const sectorBytes = 512;
const kibibyte = 1024;

export function parseStat(text: string): CpuTime | null {
  const line = /^cpu +(.*)$/m.exec(text)?.[1];
  const ticks = line?.split(' ').map(Number) ?? [];
  if (ticks.length < 4 || ticks.some((each) => !Number.isFinite(each))) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  // Guests are inside user and nice already.
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}

/** Field → bytes. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const fields = new Map<string, number>();
  for (const [, name, amount] of text.matchAll(/^([^:\n]+):\s+(\d+) kB$/gm))
    fields.set(name!, Number(amount) * kibibyte);
  return fields;
}

/** Device → what was read from it and written to it since boot. */
export function parseDiskstats(text: string): ReadonlyMap<string, Traffic> {
  const devices = new Map<string, Traffic>();
  for (const line of text.split('\n')) {
    const [, , name, , , sectorsRead, , , , sectorsWritten] = line.trim().split(/\s+/);
    if (name === undefined || sectorsWritten === undefined) continue;
    devices.set(name, { inBytes: Number(sectorsRead) * sectorBytes, outBytes: Number(sectorsWritten) * sectorBytes });
  }
  return devices;
}

/** Whole disks, because their partitions count the same bytes again, and so do the mappings and loops over them. */
export function isWholeDisk(device: string): boolean {
  return /^(?:(?:sd|vd|xvd|hd)[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(device);
}

/** Device → what it received and transmitted since it is there. */
export function parseNetDev(text: string): ReadonlyMap<string, Traffic> {
  const devices = new Map<string, Traffic>();
  for (const [, name, columns] of text.matchAll(/^ *([^\s:|]+): *(\d.*)$/gm)) {
    const numbers = columns!.trim().split(/\s+/).map(Number);
    const [inBytes, outBytes] = [numbers[0], numbers[8]];
    if (inBytes !== undefined && outBytes !== undefined) devices.set(name!, { inBytes, outBytes });
  }
  return devices;
}

/** Over 1, 5 and 15 minutes. */
export function parseLoadavg(text: string): readonly [number, number, number] | null {
  const [one, five, fifteen] = text.split(' ').map((word) => Number.parseFloat(word));
  if (one === undefined || five === undefined || fifteen === undefined) return null;
  return [one, five, fifteen].every(Number.isFinite) ? [one, five, fifteen] : null;
}

/** The share of the last 10 s in which some task waited, 0 to 1. */
export function parsePressure(text: string): number | null {
  const percent = /^some avg10=(\d+\.\d+)/m.exec(text)?.[1];
  return percent === undefined ? null : Number(percent) / 100;
}

/** `key value` lines, as the flat files of cgroups have them. */
export function parseFlatKeyed(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, key, value]) => [key!, Number(value)] as const));
}
