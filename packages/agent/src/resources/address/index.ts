/**
 * Addresses of network devices, in the running kernel only: the agent applies them again after a reboot.
 *
 * Named `DEVICE/ADDRESS/PREFIX`. An address that goes takes the kernel's routes through it along.
 * Throws: `command_failed` with what ip(8) says, as for a device that does not exist.
 * Source: ip-address(8).
 */
import { type Address, type AddressState, nameOf, type State } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { Adapter } from '../adapter.ts';

interface Link {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

export const addressAdapter: Adapter = {
  kind: 'address',
  offline: false,

  async observe(asked, { host }) {
    const live = await liveAddresses(host);
    return new Map(asked.map(({ address }): [Address, State] => [address, { present: live.has(nameOf(address)) }]));
  },

  async apply(changes, { host, point, signal }) {
    const live = await liveAddresses(host);
    const lines = changes.flatMap(({ address, after }) => {
      const name = nameOf(address);
      const { present } = after as AddressState;
      if (present === live.has(name)) return [];
      const slash = name.indexOf('/');
      return [`address ${present ? 'add' : 'del'} ${name.slice(slash + 1)} dev ${name.slice(0, slash)}\n`];
    });
    if (lines.length === 0) return;
    point('address: before ip');
    await host.run(['ip', '-batch', '-'], { input: lines.join(''), signal });
    point('address: after ip');
  },
};

async function liveAddresses(host: Host): Promise<ReadonlySet<string>> {
  const { stdout } = await host.run(['ip', '-json', 'address', 'show'], { reads: true });
  const links = JSON.parse(stdout) as readonly Link[];
  return new Set(
    links.flatMap(({ ifname, addr_info }) =>
      addr_info.map(({ local, prefixlen }) => `${ifname}/${local}/${prefixlen}`),
    ),
  );
}
