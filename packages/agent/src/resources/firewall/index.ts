/**
 * The firewall: one nftables table, `inet guise`, replaced as a whole in one transaction of the kernel.
 *
 * Nothing is written to /etc, so a reboot starts without it until the agent has applied its state again, and tables of others
 * are never touched. Which rules there are and in which order is decided by the plan.
 * Throws: `command_failed` with what nft says.
 */
import { addressOf, type FirewallState } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { parseTable, renderTable } from './nft-table.ts';

export const firewallAdapter: Adapter = {
  kind: 'firewall',
  offline: false,

  async observe(asked, { host }) {
    const argv = ['nft', '--json', '--numeric-protocol', 'list', 'table', 'inet', 'guise'];
    const { status, stdout } = await host.run(argv, { accept: [0, 1], reads: true });
    const state = parseTable(status === 0 ? stdout : null);
    return new Map(asked.map(({ address }) => [address, state]));
  },

  async apply(changes, { host, point, signal, stateDirectory }) {
    const change = changes.findLast(({ address }) => address === addressOf('firewall', 'inet'));
    if (change === undefined) return;
    // nft opens its standard input by name, which a socket does not allow.
    const path = `${stateDirectory}/firewall.json`;
    host.files.write({
      path,
      content: new TextEncoder().encode(renderTable(change.after as FirewallState)),
      mode: '0600',
      uid: 0,
      gid: 0,
    });
    point('firewall: before load');
    await host.run(['nft', '--json', '--file', path], { signal });
    point('firewall: after load');
    host.files.remove(path);
  },
};
