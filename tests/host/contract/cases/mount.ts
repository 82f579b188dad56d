import type { ContractCase } from '@guise/agent';
import type { MountState } from '@guise/model';
import { put } from './text.ts';

const tmpfs = (options: readonly string[], persistent = false): MountState => ({
  mounted: true,
  device: 'tmpfs',
  fstype: 'tmpfs',
  options,
  persistent,
  missing_directories: 0,
});

export const mountCases: readonly ContractCase[] = [
  {
    name: 'new ones, one in the other, on directories that do not exist, one of them persistent',
    arrange: (host) => put(host, '/etc/fstab', '# <file system> <mount point>\n/dev/none /media auto noauto 0 0'),
    after: {
      'mount:/srv/shop cache': tmpfs(['noexec', 'nosuid', 'size=4m'], true),
      'mount:/srv/shop cache/deep/er': tmpfs(['mode=0700', 'ro']),
    },
  },
  {
    name: 'a directory seen elsewhere',
    arrange: (host) => host.files.makeDirectory('/srv/origin', '0755', 0, 0),
    after: {
      'mount:/srv/mirror': {
        mounted: true,
        device: '/srv/origin',
        fstype: 'none',
        options: ['bind'],
        persistent: false,
        missing_directories: 0,
      },
    },
  },
  {
    name: 'one that is there, with other options',
    arrange: async (host) => {
      host.files.makeDirectory('/srv/there', '0755', 0, 0);
      await host.run(['mount', '-t', 'tmpfs', '-o', 'nodev,size=8m', 'tmpfs', '/srv/there']);
    },
    after: { 'mount:/srv/there': tmpfs(['noexec', 'size=16m']) },
  },
];
