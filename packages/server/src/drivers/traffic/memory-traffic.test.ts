import { MemoryTraffic } from './memory-traffic.ts';
import { describeTraffic } from './traffic-contract.ts';

describeTraffic('traffic in memory', async () => {
  const traffic = new MemoryTraffic('memory', ['h1', 'h2']);
  const host = traffic.hosts.get('h1');
  if (host === undefined) throw new Error('h1 was just named');
  return {
    traffic,
    keepBusy: async () => {
      host.underWay = 1;
      return async () => {
        host.underWay = 0;
      };
    },
    setHealth: async (isHealthy) => {
      host.isHealthy = isHealthy;
    },
    stop: async () => undefined,
  };
});
