import type { ContractCase } from '@guise/agent';

export const addressCases: readonly ContractCase[] = [
  {
    name: 'of both families, and one that goes',
    arrange: async (host) => {
      await host.run(['ip', 'link', 'add', 'shop0', 'type', 'veth', 'peer', 'name', 'shop1']);
      await host.run(['ip', 'link', 'set', 'shop1', 'up']);
      await host.run(['ip', 'link', 'set', 'shop0', 'up']);
      await host.run(['ip', 'address', 'add', '10.77.0.9/24', 'dev', 'shop0']);
    },
    after: {
      'address:shop0/10.78.0.5/24': { present: true },
      'address:shop0/fd78::5/64': { present: true },
      'address:shop0/10.77.0.9/24': { present: false },
    },
  },
];
