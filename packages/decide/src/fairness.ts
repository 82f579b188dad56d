/** Sharing machines out. Apart from the index, because only a control plane does. */

export {
  type Division,
  divideMachine,
  type HostClaim,
  type MachineKnown,
  nothingKnown,
} from './fairness/divide-machine.ts';
export { divideMemory } from './fairness/divide-memory.ts';
export type { Demand } from './fairness/estimate-demand.ts';
export { shareOut } from './fairness/share-out.ts';
export { SimulatedMachine } from './fairness/simulated-machine.ts';
