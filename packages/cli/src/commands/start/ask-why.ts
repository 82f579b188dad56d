import { kindOf } from '@guise/model';
import { whyLines } from '../../render/why.ts';
import { require, type Step } from './step.ts';

/** Kinds whose answers are short enough to read in passing, best first. */
const tellingKinds = ['sysctl', 'package', 'service'] as const;

export const askWhy: Step = {
  name: 'why',
  shows: 'every value can say why it is so',
  async run({ client, hostId, out }) {
    const { state } = await client.getHostState({ params: { host_id: hostId } });
    const addresses = state?.addresses.map(({ address }) => address) ?? [];
    const address = tellingKinds.flatMap((kind) => addresses.filter((each) => kindOf(each) === kind))[0];
    if (address === undefined) return ['the host manages nothing that could be asked about'];
    const report = await client.getHostWhy({ params: { host_id: hostId }, query: { address } });
    require(report.managed && report.fields.length > 0, `${address} does not say why`);
    return [`guise host why ${hostId} ${address}`, ...whyLines(report, out)];
  },
};
