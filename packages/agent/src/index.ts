export type { ApplyOptions, Engine, Outcome, Progress } from './engine/engine.ts';
export { type EngineHereOptions, engineHere } from './engine-here.ts';
export type { Host } from './host/host.ts';
export { localHost } from './host/local-host.ts';
export { directoryReader } from './host/persona-reader.ts';
export { type ContractCase, checkContract, type Snapshots } from './resources/contract.ts';
export { adapters } from './resources/index.ts';
export { readEnablements } from './resources/systemd/enablement.ts';
