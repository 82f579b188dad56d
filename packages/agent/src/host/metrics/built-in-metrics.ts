/**
 * How each built-in metric is read, by its name: `disk_utilization:/var` is about a mount point, `cpu_utilization@nginx.service`
 * about a unit.
 *
 * A host that is a container is measured by its own cgroup against its own limits where there is one: the machine around it is
 * not the host. Null: the host does not say.
 */
import { type CgroupTrees, cpuTimeMs, findUnit, memoryBytes } from './cgroup-usage.ts';
import {
  isWholeDisk,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parsePressure,
  parseStat,
  type Traffic,
} from './proc-text.ts';

/** One look at the host; every text is read at most once in it. */
export interface Moment {
  /** Of a clock that never jumps. */
  readonly atMs: number;
  readText(path: string): string | null;
  list(path: string): readonly string[];
  readonly trees: CgroupTrees;
  readonly isContainer: boolean;
  /** What the host may use. */
  readonly cores: number;
  readonly memoryLimitBytes: number;
  /** Of the file system there, 0 to 1. */
  diskUtilization(mountPoint: string): number | null;
}

/** A value as it is, or a count that is worth what it grew by, per `of`. */
export type Reading = number | { readonly count: number; readonly of: number };

export interface MetricName {
  readonly base: string;
  /** After ":": a mount point or a device. */
  readonly about: string | null;
  /** After "@". */
  readonly unit: string | null;
}

type Read = (moment: Moment, name: MetricName) => Reading | null;

export function parseMetricName(name: string): MetricName {
  const [, base = name, about, unit] = /^([a-z0-9_]+)(?::([^@]+))?(?:@(.+))?$/.exec(name) ?? [];
  return { base, about: about ?? null, unit: unit ?? null };
}

export const builtInMetrics: { readonly [base: string]: Read } = {
  cpu_utilization: (moment, { unit }) => {
    if (unit === null && !moment.isContainer) {
      const time = parseStat(moment.readText('/proc/stat') ?? '');
      return time === null ? null : { count: time.busy, of: time.total };
    }
    const usedMs = ofCgroup(cpuTimeMs, moment, unit);
    return usedMs === null ? null : { count: usedMs, of: moment.atMs * moment.cores };
  },
  memory_utilization: (moment) => {
    const fields = parseMeminfo(moment.readText('/proc/meminfo') ?? '');
    const [total, available] = [fields.get('MemTotal'), fields.get('MemAvailable')];
    const used = moment.isContainer ? ofCgroup(memoryBytes, moment, null) : null;
    if (total === undefined || available === undefined) return null;
    return used === null ? 1 - available / total : used / Math.min(total, moment.memoryLimitBytes);
  },
  memory_bytes: (moment, { unit }) => ofCgroup(memoryBytes, moment, unit),
  swap_utilization: (moment) => {
    const fields = parseMeminfo(moment.readText('/proc/meminfo') ?? '');
    const [total, free] = [fields.get('SwapTotal'), fields.get('SwapFree')];
    if (total === undefined || free === undefined) return null;
    return total === 0 ? 0 : 1 - free / total;
  },
  disk_utilization: (moment, { about }) => moment.diskUtilization(about ?? '/'),
  disk_read_bytes_per_second: (moment, name) => disk(moment, name, ({ inBytes }) => inBytes),
  disk_write_bytes_per_second: (moment, name) => disk(moment, name, ({ outBytes }) => outBytes),
  network_receive_bytes_per_second: (moment, name) => network(moment, name, ({ inBytes }) => inBytes),
  network_transmit_bytes_per_second: (moment, name) => network(moment, name, ({ outBytes }) => outBytes),
  load_1m: (moment) => load(moment, 0),
  load_5m: (moment) => load(moment, 1),
  load_15m: (moment) => load(moment, 2),
  cpu_pressure: (moment) => pressure(moment, 'cpu'),
  memory_pressure: (moment) => pressure(moment, 'memory'),
  io_pressure: (moment) => pressure(moment, 'io'),
};

function ofCgroup(
  measure: (files: Moment, trees: CgroupTrees, below: string) => number | null,
  moment: Moment,
  unit: string | null,
): number | null {
  const below = unit === null ? '' : findUnit(moment, moment.trees, unit);
  return below === null ? null : measure(moment, moment.trees, below);
}

function disk(moment: Moment, { about }: MetricName, pick: (traffic: Traffic) => number): Reading | null {
  const devices = parseDiskstats(moment.readText('/proc/diskstats') ?? '');
  return perSecond(moment, devices, (device) => (about === null ? isWholeDisk(device) : device === about), pick);
}

function network(moment: Moment, { about }: MetricName, pick: (traffic: Traffic) => number): Reading | null {
  const devices = parseNetDev(moment.readText('/proc/net/dev') ?? '');
  return perSecond(moment, devices, (device) => (about === null ? device !== 'lo' : device === about), pick);
}

function perSecond(
  { atMs }: Moment,
  devices: ReadonlyMap<string, Traffic>,
  counts: (device: string) => boolean,
  pick: (traffic: Traffic) => number,
): Reading | null {
  const counted = [...devices].filter(([device]) => counts(device)).map(([, traffic]) => pick(traffic));
  return counted.length === 0 ? null : { count: counted.reduce((sum, each) => sum + each), of: atMs / 1000 };
}

function load(moment: Moment, index: 0 | 1 | 2): number | null {
  return parseLoadavg(moment.readText('/proc/loadavg') ?? '')?.[index] ?? null;
}

function pressure(moment: Moment, resource: 'cpu' | 'memory' | 'io'): number | null {
  const own = moment.isContainer ? moment.readText(`${moment.trees.unified}/${resource}.pressure`) : null;
  return parsePressure(own ?? moment.readText(`/proc/pressure/${resource}`) ?? '');
}
