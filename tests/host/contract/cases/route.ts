import type { ContractCase } from '@guise/agent';
import type { RouteState } from '@guise/model';

const gone: RouteState = { present: false, via: null, device: null, metric: null };
const stateOf = (via: string | null, metric: number | null = null): RouteState => ({
  present: true,
  via,
  device: 'shop0',
  metric,
});

export const routeCases: readonly ContractCase[] = [
  {
    name: 'new ones of both families, one that changes its gateway and metric, and one that goes',
    arrange: async (host) => {
      await host.run(['ip', 'link', 'add', 'shop0', 'type', 'veth', 'peer', 'name', 'shop1']);
      await host.run(['ip', 'link', 'set', 'shop1', 'up']);
      await host.run(['ip', 'link', 'set', 'shop0', 'up']);
      await host.run(['ip', 'address', 'add', '10.77.0.9/24', 'dev', 'shop0']);
      await host.run(['ip', 'address', 'add', 'fd77::9/64', 'dev', 'shop0', 'nodad']);
      await host.run(['ip', 'route', 'add', '10.80.0.0/16', 'via', '10.77.0.1', 'dev', 'shop0']);
      await host.run(['ip', 'route', 'add', '10.81.255.0/24', 'via', '10.77.0.1', 'dev', 'shop0', 'metric', '7']);
    },
    after: {
      'route:10.79.0.0/16': stateOf('10.77.0.2'),
      'route:fd79::/64': stateOf('fd77::2', 5),
      'route:192.0.2.0/24': stateOf(null),
      'route:10.80.0.0/16': stateOf('10.77.0.3', 9),
      'route:10.81.255.0/24': gone,
    },
  },
];
