import type { ContractCase } from '@guise/agent';
import type { ServiceState } from '@guise/model';
import { put } from './text.ts';
import { digestOfText, serviceUnit } from './units.ts';

const sleeps = serviceUnit('/bin/sleep infinity');
const other = serviceUnit('/bin/sleep 1000000');
const stateOf = (state: ServiceState['state'], enabled: ServiceState['enabled']): ServiceState => ({
  state,
  enabled,
  reload_on: [],
  restart_on: [],
});
const script = `#!/bin/sh\n### BEGIN INIT INFO\n# Provides: scripted\n# Required-Start: $remote_fs\n# Required-Stop: $remote_fs\n# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n# Short-Description: scripted\n### END INIT INFO\nexit 0\n`;

export const serviceCases: readonly ContractCase[] = [
  {
    name: 'five that come with their units',
    content: [sleeps],
    after: Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].flatMap((name) => [
        [`unit:shop-${name}.service`, { digest: digestOfText(sleeps) }],
        [`service:shop-${name}.service`, stateOf('running', 'enabled')],
      ]),
    ),
    faultStride: 3,
  },
  {
    name: 'one that runs another unit, one that stops, one that is masked while it runs, one that was masked',
    content: [other],
    arrange: async (host) => {
      for (const name of ['changes', 'stops', 'masks']) {
        put(host, `/usr/lib/systemd/system/${name}.service`, sleeps);
      }
      put(host, '/usr/lib/systemd/system/masked.service', sleeps);
      host.files.makeSymlink('/etc/systemd/system/masked.service', '/dev/null', 0, 0);
      await host.run(['systemctl', 'enable', '--now', '--quiet', 'changes.service', 'stops.service', 'masks.service']);
    },
    after: {
      'service:stops.service': stateOf('stopped', 'disabled'),
      'service:masks.service': stateOf('stopped', 'masked'),
      'service:masked.service': stateOf('running', 'disabled'),
      'service:changes.service': stateOf('stopped', 'enabled'),
    },
  },
  {
    name: 'one whose unit has a System V script beside it',
    arrange: async (host) => {
      put(host, '/etc/init.d/scripted', script, '0755');
      put(host, '/usr/lib/systemd/system/scripted.service', sleeps);
      await host.run(['systemctl', 'enable', '--now', '--quiet', 'scripted.service']);
    },
    after: { 'service:scripted.service': stateOf('stopped', 'disabled') },
  },
];
