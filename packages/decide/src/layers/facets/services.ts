/** `services` → `service`, its `unit` and drop-ins, and its `limit`. */
import type { Address, Json, PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

type ServiceEntry = NonNullable<PersonaDocument['services']>[string];

export function compileServices({ services }: PersonaDocument, sink: ClaimSink): void {
  for (const [unit, entry] of Object.entries(services ?? {})) {
    const path = `services.${unit}`;
    const address = addressOf('service', unit);
    sink.set(address, 'state', entry.state, `${path}.state`);
    sink.set(
      address,
      'enabled',
      startsAtBoot(entry),
      entry.masked === undefined ? `${path}.enabled` : `${path}.masked`,
    );
    sink.list(address, 'reload_on', entry.reload_on, `${path}.reload_on`, asIs);
    sink.list(address, 'restart_on', entry.restart_on, `${path}.restart_on`, asIs);
    compileUnits(unit, entry, path, sink);
    compileLimits(addressOf('limit', unit), entry, path, sink);
  }
}

/** The three switches of systemctl(1) as the one that they are. */
function startsAtBoot({ enabled, masked }: ServiceEntry): string | undefined {
  if (masked === true) return 'masked';
  if (enabled !== undefined) return enabled ? 'enabled' : 'disabled';
  return masked === false ? 'disabled' : undefined;
}

function compileUnits(
  unit: string,
  { unit: text, drop_ins: dropIns, restart_on }: ServiceEntry,
  path: string,
  sink: ClaimSink,
): void {
  if (text !== undefined) sink.set(addressOf('unit', unit), 'digest', sink.content(text), `${path}.unit`);
  for (const [name, content] of Object.entries(dropIns ?? {})) {
    sink.set(addressOf('unit', `${unit}.d/${name}`), 'digest', sink.content(content), `${path}.drop_ins.${name}`);
  }
  const changesUnit = text !== undefined || Object.keys(dropIns ?? {}).length > 0;
  if (!changesUnit || restart_on !== undefined || !unit.endsWith('.service')) return;
  // Appending nothing claims nothing, but makes the service part of the plan: if it runs, it must restart for its new unit.
  sink.operate(addressOf('service', unit), 'restart_on', [{ append: [] }], path);
}

const bytesPerMb = 1024 * 1024;

function compileLimits(address: Address, { limits }: ServiceEntry, path: string, sink: ClaimSink): void {
  sink.bounded(address, 'cpu_quota_percent', limits?.cpu_quota_percent, `${path}.limits.cpu_quota_percent`);
  sink.bounded(address, 'memory_max_bytes', limits?.memory_max_mb, `${path}.limits.memory_max_mb`, bytesPerMb);
  sink.bounded(address, 'tasks_max', limits?.tasks_max, `${path}.limits.tasks_max`);
  sink.set(address, 'io_weight', limits?.io_weight, `${path}.limits.io_weight`);
}

function asIs(item: string): Json {
  return item;
}
