import type { ContractCase } from '@guise/agent';
import type { GroupState } from '@guise/model';
import { put } from './text.ts';

const present = (gid: number | null, system = false): GroupState => ({
  present: true,
  gid,
  torn: false,
  record: null,
  system,
});

export const groupCases: readonly ContractCase[] = [
  {
    name: 'new, with and without a number',
    faultStride: 3,
    after: { 'group:shop': present(null), 'group:shopd': present(null, true), 'group:fixed': present(4242) },
  },
  { name: 'another number', faultStride: 3, after: { 'group:games': present(4243) } },
  {
    name: 'neighbours that go and return to their place, with members and odd lines around',
    faultStride: 3,
    arrange: (host) => {
      const lines = (host.files.readText('/etc/group') ?? '').replace(
        /^adm:.*$/m,
        'adm:x:4:www-data,daemon\n# not a line\nodd:x:77:zed,ann',
      );
      put(host, '/etc/group', lines.endsWith('\n') ? lines.slice(0, -1) : lines);
      put(
        host,
        '/etc/gshadow',
        `${(host.files.readText('/etc/gshadow') ?? '').replace(/^adm:.*$/m, 'adm:*:root:www-data,daemon\nodd:secret:ann:zed,ann')}`,
        '0640',
        0,
        42,
      );
    },
    after: {
      'group:adm': { present: false, gid: null, torn: false, record: null },
      'group:odd': { present: false, gid: null, torn: false, record: null },
      'group:tty': { present: false, gid: null, torn: false, record: null },
    },
  },
];
