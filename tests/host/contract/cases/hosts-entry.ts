import type { ContractCase } from '@guise/agent';
import { put } from './text.ts';

const foreign =
  '127.0.0.1\tlocalhost\n# comment db\n10.0.0.5  db.internal db   # primary\n\n::1 localhost ip6-localhost\n10.0.0.6\tcache';

export const hostsEntryCases: readonly ContractCase[] = [
  {
    name: 'new names, names of others elsewhere, names that go, and one that is right already',
    arrange: (host) => put(host, '/etc/hosts', foreign, '0664', 0, 4),
    after: {
      'hosts_entry:web': { ip: '10.0.0.9' },
      'hosts_entry:db': { ip: '10.0.0.8' },
      'hosts_entry:cache': { ip: null },
      'hosts_entry:ip6-localhost': { ip: '::1' },
    },
  },
  {
    name: 'where there is no such file',
    arrange: (host) => host.files.remove('/etc/hosts'),
    after: { 'hosts_entry:web': { ip: '10.0.0.9' } },
  },
];
