import type { ContractCase } from '@guise/agent';

/** Only `net`: the rest belongs to the machine that the hosts of a lab share. */
export const sysctlCases: readonly ContractCase[] = [
  {
    name: 'forwarding, which resets others, with some of those, and a value of several numbers',
    after: {
      'sysctl:net.ipv4.ip_forward': { value: '1' },
      'sysctl:net.ipv4.conf.all.send_redirects': { value: '0' },
      'sysctl:net.ipv4.ip_local_port_range': { value: '20000 50000' },
      'sysctl:net/ipv4/conf/lo/rp_filter': { value: '2' },
    },
  },
];
