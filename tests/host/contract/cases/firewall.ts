import type { ContractCase } from '@guise/agent';
import type { FirewallRule } from '@guise/model';

const rule = (
  protocol: FirewallRule['protocol'],
  port: string | null,
  from: string | null,
  verdict: FirewallRule['verdict'],
): FirewallRule => ({ protocol, port, from, verdict });
const rules = [
  rule('tcp', '22', null, 'accept'),
  rule('tcp', '8000-8100', '10.0.0.0/8', 'accept'),
  rule('udp', '53', 'fd00::/8', 'drop'),
  rule('tcp', '80', '192.0.2.1', 'accept'),
  rule('icmp', null, null, 'accept'),
  rule('udp', null, '2001:db8::1', 'accept'),
];

/** Somebody else's statements in our table must be seen and must come back. */
const foreign = `table ip others {
  chain input {
    type filter hook input priority 5
  }
}
table inet guise {
  set known {
    type ipv4_addr
    elements = { 192.0.2.7 }
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ip saddr @known log prefix "known" drop
  }
  chain extra {
    tcp dport 1 accept
  }
}
`;

export const firewallCases: readonly ContractCase[] = [
  {
    name: 'a new one, that drops what no rule takes',
    after: { 'firewall:inet': { present: true, policy: 'drop', rules } },
  },
  {
    name: 'one in which others have been, beside a table of others',
    arrange: async (host) => {
      host.files.write({ path: '/root/foreign.nft', content: Buffer.from(foreign), mode: '0600', uid: 0, gid: 0 });
      await host.run(['nft', '--file', '/root/foreign.nft']);
    },
    after: { 'firewall:inet': { present: true, policy: 'drop', rules: rules.slice(0, 1) } },
  },
];
