/**
 * Timers: `NAME.timer` and the `NAME.service` that it starts, both written by guise below `/etc/systemd/system`.
 *
 * The state that is kept is the timer's; its service runs when the timer says so. Files come before the units that need them
 * and go after the units have stopped, so a killed run leaves nothing that starts without a file.
 * Throws: `change_failed` when the timer does not start, as on a calendar that systemd cannot read.
 */
import { type Address, nameOf, type State, type TimerState } from '@guise/model';
import type { Adapter, ApplyContext } from '../adapter.ts';
import { readEnablements } from '../systemd/enablement.ts';
import { forgetRemoved, setUnits } from '../systemd/set-units.ts';
import { readUnitFile, setUnitFile, unitPath } from '../systemd/unit-files.ts';
import { isRunning } from '../systemd/unit-status.ts';

export const timerAdapter: Adapter = {
  kind: 'timer',
  offline: false,

  async observe(asked, context) {
    const units = asked.map(({ address }) => `${nameOf(address)}.timer`);
    const reports = await context.host.systemd.report(units);
    const enablements = readEnablements(units, context.host.files);
    return new Map(
      asked.map(({ address }): [Address, State] => {
        const name = nameOf(address);
        const state: TimerState = {
          timer_unit: readUnitFile(`${name}.timer`, context),
          service_unit: readUnitFile(`${name}.service`, context),
          state: isRunning(reports.get(`${name}.timer`)!) ? 'running' : 'stopped',
          enabled: enablements.get(`${name}.timer`) === 'enabled',
        };
        return [address, state];
      }),
    );
  },

  async sweep(addresses, context) {
    const units = addresses.map(nameOf).flatMap(unitsOf);
    for (const unit of units) context.host.files.discardTemporary(unitPath(unit));
    await forgetRemoved(units, context);
  },

  async apply(changes, context) {
    const timers = changes.map(({ address, after }) => ({ name: nameOf(address), state: after as TimerState }));
    writeFiles(timers, context, (digest) => digest !== null);
    const targets = timers.map(({ name, state }) => ({
      unit: `${name}.timer`,
      running: state.state === 'running',
      enablement: state.enabled ? ('enabled' as const) : ('disabled' as const),
      // A running timer keeps its old calendar until it is restarted.
      nudge: 'restart' as const,
    }));
    await setUnits(targets, context);
    writeFiles(timers, context, (digest) => digest === null);
    await forgetRemoved(
      timers.flatMap(({ name }) => unitsOf(name)),
      context,
    );
  },
};

function unitsOf(name: string): readonly string[] {
  return [`${name}.timer`, `${name}.service`];
}

interface NamedTimer {
  readonly name: string;
  readonly state: TimerState;
}

function writeFiles(
  timers: readonly NamedTimer[],
  context: ApplyContext,
  isDue: (digest: string | null) => boolean,
): void {
  for (const { name, state } of timers) {
    context.point(`timer: before files of ${name}`);
    if (isDue(state.service_unit)) setUnitFile(`${name}.service`, state.service_unit, context);
    if (isDue(state.timer_unit)) setUnitFile(`${name}.timer`, state.timer_unit, context);
    context.point(`timer: after files of ${name}`);
  }
}
