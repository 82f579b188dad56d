/**
 * Limits of a unit's cgroup: a drop-in named `50-guise-limits.conf`, which also holds after a reboot.
 *
 * `systemctl set-property` would need a spawn for each unit and leaves an empty assignment behind when a limit goes; a file
 * goes without a trace. systemd moves a running unit to its new limits when it reloads, without a restart; that reload is done
 * here only when one of the units runs, and then `service` finds nothing left to reload.
 * A unit's empty drop-in directory that was there before goes too when its last file does.
 * Source: systemd.resource-control(5).
 */
import { type Address, type LimitState, nameOf, type State } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { reloadIfOutdated } from '../systemd/set-units.ts';
import { removeUnitFile, unitPath, writeUnitFile } from '../systemd/unit-files.ts';
import { isAlive } from '../systemd/unit-status.ts';
import { parseLimits, renderLimits } from './limit-file.ts';

export const limitAdapter: Adapter = {
  kind: 'limit',
  offline: true,

  async observe(asked, { host }) {
    return new Map(
      asked.map(({ address }): [Address, State] => [
        address,
        parseLimits(host.files.readText(unitPath(fileOf(nameOf(address))))),
      ]),
    );
  },

  sweep(addresses, { host }) {
    for (const address of addresses) host.files.discardTemporary(unitPath(fileOf(nameOf(address))));
  },

  async apply(changes, context) {
    const { host, point } = context;
    for (const { address, after } of changes) {
      const unit = nameOf(address);
      const text = renderLimits(unit, after as LimitState);
      point(`limit: before ${unit}`);
      if (text === null) removeUnitFile(host, fileOf(unit));
      else writeUnitFile(host, fileOf(unit), new TextEncoder().encode(text));
      point(`limit: after ${unit}`);
    }
    if (!host.live) return;
    const reports = await host.systemd.report(changes.map(({ address }) => nameOf(address)));
    const alive = [...reports].filter(([, report]) => isAlive(report)).map(([unit]) => unit);
    await reloadIfOutdated(alive, context);
  },
};

function fileOf(unit: string): string {
  return `${unit}.d/50-guise-limits.conf`;
}
