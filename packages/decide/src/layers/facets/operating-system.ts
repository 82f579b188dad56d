/** `operating_system` → `sysctl`, `mount` and `module`. */
import type { Json, PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import { folded } from '../../kinds/sysctl.ts';
import type { ClaimSink } from '../claim-sink.ts';

type OperatingSystem = NonNullable<PersonaDocument['operating_system']>;
type MountEntry = NonNullable<OperatingSystem['mounts']>[number];

/** File systems that have no device; mount(8) shows their own name in its place. */
const withoutDevice = new Set(['tmpfs', 'ramfs', 'proc', 'sysfs', 'hugetlbfs', 'mqueue']);

export function compileOperatingSystem({ operating_system: system }: PersonaDocument, sink: ClaimSink): void {
  for (const [name, value] of Object.entries(system?.sysctl ?? {})) {
    const path = `operating_system.sysctl.${name}`;
    if (name.includes('*')) {
      sink.refuse(path, 'must name one kernel parameter', 'it holds a "*"');
      continue;
    }
    const address = addressOf('sysctl', dottedName(name));
    if (typeof value === 'object') sink.bounded(address, 'value', value, path);
    else sink.set(address, 'value', folded(value), path);
  }
  for (const [index, entry] of (system?.mounts ?? []).entries())
    compileMount(entry, `operating_system.mounts.${index}`, sink);
  for (const [index, name] of (system?.modules ?? []).entries()) {
    // The kernel takes both spellings and shows this one.
    const address = addressOf('module', name.replaceAll('-', '_'));
    sink.set(address, 'loaded', true, `operating_system.modules.${index}`);
    sink.set(address, 'persistent', true, `operating_system.modules.${index}`);
  }
}

/** As sysctl(8) reads names: the first separator separates, the other one is part of a name. `net/ipv4/conf/eth0.1/x` → `net.ipv4.conf.eth0/1.x`. */
function dottedName(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

function compileMount(entry: MountEntry, path: string, sink: ClaimSink): void {
  const address = addressOf('mount', entry.path);
  const mounted = entry.ensure !== 'absent';
  sink.set(address, 'mounted', mounted, entry.ensure === undefined ? path : `${path}.ensure`);
  sink.set(address, 'persistent', mounted ? entry.persistent : false, `${path}.persistent`);
  if (!mounted) return;
  const itself = entry.fstype !== undefined && withoutDevice.has(entry.fstype) ? entry.fstype : undefined;
  sink.set(address, 'device', entry.device ?? itself, `${path}.device`);
  sink.set(address, 'fstype', entry.fstype, `${path}.fstype`);
  sink.list(address, 'options', entry.options, `${path}.options`, (option): Json => option);
}
