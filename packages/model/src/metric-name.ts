/**
 * The metrics that every host has, and the names by which documents and samples call them.
 *
 * A name is `METRIC`, `METRIC:PART` (a mount point or a network device) or `METRIC@UNIT` (of one systemd unit's cgroup).
 * Invariant: `metricName` gives one and the same text for all spellings of a metric; samples are keyed by it.
 * Source: ../shared/source-documents/instances-10846115.txt "resource_utilization_thresholds"; the kernel's accounting/psi.rst.
 */
export interface BuiltInMetric {
  /** `ratio` is 0 to 1. */
  readonly unit: 'ratio' | 'bytes' | 'bytes_per_second' | 'load';
  readonly description: string;
  /** What may follow a colon. */
  readonly part: 'mount_point' | 'device' | null;
  /** `optional`: also of one unit; `required`: only of one unit. */
  readonly ofUnit: 'optional' | 'required' | 'never';
}

export const builtInMetrics: { readonly [name: string]: BuiltInMetric } = {
  cpu_utilization: { ...host('ratio', 'Processor time used, of all cores or of a unit'), ofUnit: 'optional' },
  memory_utilization: host('ratio', 'Memory that is not available to new work'),
  swap_utilization: host('ratio', 'Swap space in use'),
  disk_utilization: { ...host('ratio', 'Space in use on a file system, "/" unless named'), part: 'mount_point' },
  disk_read_bytes_per_second: host('bytes_per_second', 'Read from all disks'),
  disk_write_bytes_per_second: host('bytes_per_second', 'Written to all disks'),
  network_receive_bytes_per_second: { ...host('bytes_per_second', 'Received, by all devices or one'), part: 'device' },
  network_transmit_bytes_per_second: { ...host('bytes_per_second', 'Sent, by all devices or one'), part: 'device' },
  load_1m: host('load', 'Load average of one minute'),
  load_5m: host('load', 'Load average of five minutes'),
  load_15m: host('load', 'Load average of fifteen minutes'),
  cpu_pressure: host('ratio', 'Share of the last 10 s in which some task waited for a processor'),
  memory_pressure: host('ratio', 'Share of the last 10 s in which some task waited for memory'),
  io_pressure: host('ratio', 'Share of the last 10 s in which some task waited for a disk'),
  memory_bytes: { ...host('bytes', 'Memory of a unit'), ofUnit: 'required' },
};

/** The source document's words. */
export const metricAliases: { readonly [alias: string]: string } = {
  cpu: 'cpu_utilization',
  memory: 'memory_utilization',
  network: 'network_receive_bytes_per_second',
  disk: 'disk_utilization',
};

/** `cpu` → `cpu_utilization`, `memory@nginx.service` → `memory_bytes@nginx.service`; null when no host has such a metric. */
export function metricName(text: string): string | null {
  const [, word = '', mark, detail = ''] = /^([a-z0-9_]+)(?:([:@])(.+))?$/.exec(text) ?? [];
  const isMemoryOfUnit = mark === '@' && word === 'memory';
  const name = isMemoryOfUnit ? 'memory_bytes' : Object.hasOwn(metricAliases, word) ? metricAliases[word]! : word;
  const metric = builtInMetric(name);
  if (metric === null) return null;
  switch (mark) {
    case '@':
      return metric.ofUnit !== 'never' && unitPattern.test(detail) ? `${name}@${detail}` : null;
    case ':':
      return metric.part !== null && partPatterns[metric.part].test(detail) ? `${name}:${detail}` : null;
    default:
      return metric.ofUnit === 'required' ? null : name;
  }
}

/** What a canonical name measures; null when no host has it. */
export function builtInMetric(name: string): BuiltInMetric | null {
  const word = name.split(/[:@]/, 1)[0] ?? '';
  return Object.hasOwn(builtInMetrics, word) ? builtInMetrics[word]! : null;
}

const unitPattern = /^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|slice|scope|mount|swap)$/;
const partPatterns = { mount_point: /^\/[ -~\u00a0-\uffff]*$/, device: /^[^\s/:]{1,15}$/ } as const;

function host(unit: BuiltInMetric['unit'], description: string): BuiltInMetric {
  return { unit, description, part: null, ofUnit: 'never' };
}
