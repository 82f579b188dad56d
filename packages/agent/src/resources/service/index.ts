/**
 * systemd units that a persona wants running or stopped, and enabled or not.
 *
 * A failed unit is stopped. A unit that does not exist is stopped and `absent`, so giving back a unit whose package has left
 * is no work. Which unit is told about which changed file is decided in the plan, and arrives here as a nudge.
 * Throws: `change_failed` when a unit does not run; see `../systemd/set-units.ts`.
 */
import { type Address, nameOf, type ServiceState, type State } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { readEnablements } from '../systemd/enablement.ts';
import { setUnits } from '../systemd/set-units.ts';
import { isRunning } from '../systemd/unit-status.ts';

export const serviceAdapter: Adapter = {
  kind: 'service',
  offline: false,

  async observe(asked, { host }) {
    const units = asked.map(({ address }) => nameOf(address));
    const reports = await host.systemd.report(units);
    const enablements = readEnablements(units, host.files);
    return new Map(
      asked.map(({ address, known }): [Address, State] => {
        const unit = nameOf(address);
        const told = known as ServiceState | null;
        const state: ServiceState = {
          state: isRunning(reports.get(unit)!) ? 'running' : 'stopped',
          enabled: enablements.get(unit)!,
          reload_on: told?.reload_on ?? [],
          restart_on: told?.restart_on ?? [],
        };
        return [address, state];
      }),
    );
  },

  async apply(changes, context) {
    const targets = changes.map(({ address, after, fields, nudge }) => {
      const { state, enabled } = after as Partial<ServiceState>;
      return {
        unit: nameOf(address),
        running: state == null ? null : state === 'running',
        // What the plan does not change may since have come with a package, and stays as that has it.
        enablement: fields.includes('enabled') ? (enabled ?? null) : null,
        nudge,
      };
    });
    await setUnits(targets, context);
  },
};
