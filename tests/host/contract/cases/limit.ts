import type { ContractCase } from '@guise/agent';
import type { LimitState } from '@guise/model';
import { put } from './text.ts';
import { serviceUnit } from './units.ts';

const limits: LimitState = {
  cpu_quota_percent: 150,
  memory_max_bytes: 256 * 1024 * 1024,
  tasks_max: 100,
  io_weight: 50,
};

export const limitCases: readonly ContractCase[] = [
  {
    name: 'of a unit that runs, of one that has other drop-ins, and of one that does not exist yet',
    arrange: async (host) => {
      put(host, '/etc/systemd/system/running.service', serviceUnit('/bin/sleep infinity'));
      host.files.makeDirectory('/etc/systemd/system/dbus.service.d', '0750', 0, 4);
      put(host, '/etc/systemd/system/dbus.service.d/10-other.conf', '[Service]\nNice=0\n');
      await host.run(['systemctl', 'daemon-reload']);
      await host.run(['systemctl', 'start', 'running.service']);
    },
    after: {
      'limit:running.service': limits,
      'limit:dbus.service': { ...limits, cpu_quota_percent: null, io_weight: null },
      'limit:coming.slice': { ...limits, tasks_max: null },
    },
  },
];
