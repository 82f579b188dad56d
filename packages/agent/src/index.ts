export type { ApplyOptions, Engine, Outcome, Progress } from './engine/engine.ts';
export { type EngineHereOptions, engineHere } from './engine-here.ts';
export { type EngineOptions, openEngine } from './engine/open-engine.ts';
export { localHost } from './host/local-host.ts';
