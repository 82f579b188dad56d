import { SimulatedMachine } from '@guise/decide/fairness';
import { SimulatedProvider } from '@guise/server/simulated-provider';
import { describeProvider, type ProviderSubject } from './provider-contract.ts';

function subjectOn(machine: SimulatedMachine, fences: Map<string, bigint>): ProviderSubject {
  return {
    provider: new SimulatedProvider(machine, fences),
    host: { hostId: 'web-1', name: 'h1' },
    machine: 'm1',
    changes: {},
    image: noGuest,
    isUp: noGuest,
    setIdentity: noGuest,
    identity: noGuest,
    reopen: async () => subjectOn(machine, fences),
    close: async () => undefined,
  };
}

async function noGuest(): Promise<never> {
  throw new Error('A simulated host has no files and is never off');
}

describeProvider({
  name: 'a simulated machine',
  can: ['resize'],
  changes: [],
  open: async () => subjectOn(new SimulatedMachine(4, ['h1', 'h2']), new Map()),
});
