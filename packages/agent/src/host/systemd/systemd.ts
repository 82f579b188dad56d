/**
 * systemd over its own socket: a batch of questions or jobs takes about a millisecond, where each spawned systemctl takes seven or more.
 *
 * Everything is what systemctl itself asks for. `UnitFileState` is asked freshly, because the property of a loaded unit is what
 * it was when systemd last read it.
 * Source: org.freedesktop.systemd1(5).
 */
import { GuiseError } from '@guise/model';
import { type BusConnection, withSystemdBus } from './bus-connection.ts';
import type { Incoming } from './bus-reader.ts';
import type { Outgoing } from './bus-writer.ts';
import type { Systemd, UnitFileVerb, UnitJobVerb, UnitReport } from './port.ts';

const managerPath = '/org/freedesktop/systemd1';
const managerInterface = 'org.freedesktop.systemd1.Manager';

const jobMembers: { readonly [Verb in UnitJobVerb]: string } = {
  start: 'StartUnit',
  stop: 'StopUnit',
  restart: 'RestartUnit',
  'reload-or-restart': 'ReloadOrRestartUnit',
};

/** The flags after the names: runtime only; replace what is in the way. */
const fileCalls: { readonly [Verb in UnitFileVerb]: { readonly member: string; readonly flags: readonly boolean[] } } =
  {
    enable: { member: 'EnableUnitFiles', flags: [false, false] },
    disable: { member: 'DisableUnitFiles', flags: [false] },
    mask: { member: 'MaskUnitFiles', flags: [false, false] },
    unmask: { member: 'UnmaskUnitFiles', flags: [false] },
  };

export const systemd: Systemd = {
  async report(units) {
    if (units.length === 0) return new Map();
    return withSystemdBus(async (bus) => {
      const reports = await Promise.all(units.map(async (unit) => [unit, await reportOf(bus, unit)] as const));
      return new Map(reports);
    });
  },

  async run(jobs) {
    if (jobs.length === 0) return new Map();
    return withSystemdBus(async (bus) => {
      const waiting = new Map<string, () => void>();
      const ended = new Set<string>();
      bus.onSignal = ({ member, body }) => {
        if (member !== 'JobRemoved') return;
        const job = String(body[1]);
        ended.add(job);
        waiting.get(job)?.();
      };
      await manage(bus, 'Subscribe');
      const refusals = new Map<string, string>();
      const all = jobs.map(async ({ verb, unit }) => {
        try {
          const [job] = await manage(bus, jobMembers[verb], unit, 'replace');
          if (!ended.has(String(job))) await new Promise<void>((resolve) => waiting.set(String(job), resolve));
        } catch (error) {
          if (!(error instanceof GuiseError) || error.code !== 'command_failed') throw error;
          refusals.set(unit, error.message);
        }
      });
      await Promise.race([Promise.all(all), bus.broken()]);
      return refusals;
    });
  },

  async setFiles(verb, units) {
    if (units.length === 0) return;
    const { member, flags } = fileCalls[verb];
    await withSystemdBus((bus) => manage(bus, member, units, ...flags));
  },

  async resetFailed(units) {
    await withSystemdBus((bus) => Promise.allSettled(units.map((unit) => manage(bus, 'ResetFailedUnit', unit))));
  },

  async reload() {
    await withSystemdBus((bus) => manage(bus, 'Reload'));
  },
};

/** All properties in one call: systemd forgets a unit that does nothing after each answer, and would read its files again for the next. */
async function reportOf(bus: BusConnection, unit: string): Promise<UnitReport> {
  const path = `${managerPath}/unit/${escaped(unit)}`;
  const [properties, unitFileState] = await Promise.all([propertiesOf(bus, path, 'Unit'), unitFileStateOf(bus, unit)]);
  const loadState = String(properties.get('LoadState'));
  const activeState = String(properties.get('ActiveState'));
  const subState = String(properties.get('SubState'));
  const isDead = activeState === 'failed' || activeState === 'inactive' || subState === 'auto-restart';
  return {
    loadState,
    activeState,
    subState,
    unitFileState,
    needDaemonReload: properties.get('NeedDaemonReload') === true,
    dropInPaths: (properties.get('DropInPaths') as readonly Incoming[]).map(String),
    death: isDead && unit.endsWith('.service') && loadState === 'loaded' ? await deathOf(bus, path) : null,
  };
}

async function deathOf(bus: BusConnection, path: string): Promise<UnitReport['death']> {
  const [type, result, exitStatus] = await Promise.all([
    property(bus, path, 'Service', 'Type'),
    property(bus, path, 'Service', 'Result'),
    property(bus, path, 'Service', 'ExecMainStatus'),
  ]);
  return { type: String(type), result: String(result), exitStatus: Number(exitStatus) };
}

/** Empty when there is no unit file. */
async function unitFileStateOf(bus: BusConnection, unit: string): Promise<string> {
  try {
    return String((await manage(bus, 'GetUnitFileState', unit))[0]);
  } catch (error) {
    if (error instanceof GuiseError && error.code === 'command_failed') return '';
    throw error;
  }
}

async function propertiesOf(bus: BusConnection, path: string, type: 'Unit'): Promise<ReadonlyMap<string, Incoming>> {
  const body = [`org.freedesktop.systemd1.${type}`];
  const [pairs] = await bus.call({ path, interface: 'org.freedesktop.DBus.Properties', member: 'GetAll', body });
  return new Map((pairs as readonly (readonly [string, Incoming])[]).map(([name, value]) => [name, value]));
}

async function property(bus: BusConnection, path: string, type: 'Service', name: string): Promise<Incoming> {
  const body = [`org.freedesktop.systemd1.${type}`, name];
  const [value] = await bus.call({ path, interface: 'org.freedesktop.DBus.Properties', member: 'Get', body });
  return value ?? '';
}

function manage(bus: BusConnection, member: string, ...body: readonly Outgoing[]): Promise<readonly Incoming[]> {
  return bus.call({ path: managerPath, interface: managerInterface, member, body });
}

/** A unit's name as the last part of its object path. */
function escaped(unit: string): string {
  return [...Buffer.from(unit)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const isPlain = /[A-Za-z]/.test(character) || (index > 0 && /[0-9]/.test(character));
      return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
