/**
 * Unit files and drop-ins, named below `/etc/systemd/system`: `shop.service`, `nginx.service.d/10-limits.conf`.
 *
 * Only files: what runs is `service`, which reloads systemd when one of its units needs it. It is reloaded here when it still
 * knows a unit whose file has gone.
 * Throws: `change_failed` when a link has the name.
 */
import { type Address, nameOf, type State, type UnitState } from '@guise/model';
import type { Adapter, Asked, ObserveContext } from '../adapter.ts';
import { forgetRemoved } from '../systemd/set-units.ts';
import { readUnitFile, setUnitFile, unitPath } from '../systemd/unit-files.ts';

export const unitAdapter: Adapter = {
  kind: 'unit',
  offline: true,

  async observe(asked: readonly Asked[], context: ObserveContext): Promise<ReadonlyMap<Address, State>> {
    return new Map(
      asked.map(({ address }): [Address, UnitState] => [address, { digest: readUnitFile(nameOf(address), context) }]),
    );
  },

  async sweep(addresses, context) {
    for (const address of addresses) context.host.files.discardTemporary(unitPath(nameOf(address)));
    await forgetRemoved(addresses.map(nameOf).filter(isUnit), context);
  },

  async apply(changes, context) {
    for (const { address, after } of changes) {
      context.point(`unit: before ${nameOf(address)}`);
      setUnitFile(nameOf(address), (after as UnitState).digest, context);
      context.point(`unit: after ${nameOf(address)}`);
    }
    await forgetRemoved(changes.map(({ address }) => nameOf(address)).filter(isUnit), context);
  },
};

/** And no drop-in. */
function isUnit(name: string): boolean {
  return !name.includes('/');
}
