/**
 * systemd over its own socket: a batch of questions or jobs takes about a millisecond, where each spawned systemctl takes seven or more.
 *
 * Everything is what systemctl itself asks for. Whether a unit starts at boot is not asked here: `UnitFileState` of a loaded unit
 * is what it was when systemd last read it, and asking freshly takes 1 to 3 ms for each.
 * Source: org.freedesktop.systemd1(5).
 */
import { GuiseError } from '@guise/model';
import { type BusConnection, withSystemdBus } from './bus-connection.ts';
import type { Incoming } from './bus-reader.ts';
import type { Outgoing } from './bus-writer.ts';
import type { Systemd, UnitFileVerb, UnitJobVerb } from './port.ts';

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
    const [listed] = await withSystemdBus((bus) => manage(bus, 'ListUnitsByNames', units));
    const rows = listed as readonly (readonly string[])[];
    if (rows.length !== units.length) {
      throw new GuiseError(
        'command_failed',
        `Cannot read unit states: one of ${units.join(', ')} is no name of a unit`,
      );
    }
    const reports = rows.map(([, , loadState = '', activeState = '', subState = '']) => ({
      loadState,
      activeState,
      subState,
    }));
    // A row names the unit, and what was asked for may be an alias; so it is the order that counts.
    return new Map(units.map((unit, index) => [unit, reports[index]!]));
  },

  async origins(units) {
    if (units.length === 0) return new Map();
    return withSystemdBus(async (bus) => {
      const read = await alreadyRead(bus, units);
      return ofEach(read, async (unit) => {
        const [needDaemonReload, dropInPaths] = await Promise.all([
          property(bus, unit, 'Unit', 'NeedDaemonReload'),
          property(bus, unit, 'Unit', 'DropInPaths'),
        ]);
        return {
          needDaemonReload: needDaemonReload === true,
          dropInPaths: (dropInPaths as readonly Incoming[]).map(String),
        };
      });
    });
  },

  async deaths(units) {
    const services = units.filter((unit) => unit.endsWith('.service'));
    if (services.length === 0) return new Map();
    return withSystemdBus((bus) =>
      ofEach(services, async (unit) => {
        const [type, result, exitStatus] = await Promise.all([
          property(bus, unit, 'Service', 'Type'),
          property(bus, unit, 'Service', 'Result'),
          property(bus, unit, 'Service', 'ExecMainStatus'),
        ]);
        return { type: String(type), result: String(result), exitStatus: Number(exitStatus) };
      }),
    );
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

async function ofEach<Answer>(
  units: readonly string[],
  ask: (unit: string) => Promise<Answer>,
): Promise<ReadonlyMap<string, Answer>> {
  return new Map(await Promise.all(units.map(async (unit) => [unit, await ask(unit)] as const)));
}

/**
 * Those of the units that systemd has in mind. Asking for a property of any other makes it read that unit's files, and once more
 * for the next property. It lists units by their own names alone, so what is asked for by an alias counts as read.
 */
async function alreadyRead(bus: BusConnection, units: readonly string[]): Promise<readonly string[]> {
  const [listed] = await manage(bus, 'ListUnitsByPatterns', [], units);
  const known = new Set((listed as readonly (readonly string[])[]).map(([name]) => name));
  const others = units.filter((unit) => !known.has(unit));
  if (others.length === 0) return units;
  const [named] = await manage(bus, 'ListUnitsByNames', others);
  const aliases = new Set(
    others.filter((unit, index) => (named as readonly (readonly string[])[])[index]?.[0] !== unit),
  );
  return units.filter((unit) => known.has(unit) || aliases.has(unit));
}

async function property(bus: BusConnection, unit: string, type: 'Unit' | 'Service', name: string): Promise<Incoming> {
  const path = `${managerPath}/unit/${escaped(unit)}`;
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
