import { historyLines } from '../../render/transaction.ts';
import { require, type Step } from './step.ts';

export const tellHistory: Step = {
  name: 'history',
  shows: 'what the host has been through',
  async run({ client, hostId, out }) {
    const { items } = await client.getHostHistory({ params: { host_id: hostId }, query: { limit: 10 } });
    const statuses = items.map(({ status }) => status);
    require(statuses.includes('committed') &&
      statuses.includes('rolled_back'), `its history has only ${statuses.join(', ') || 'nothing'}`);
    return [`guise host history ${hostId}`, ...historyLines(items, out)];
  },
};
