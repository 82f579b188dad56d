/** What keeps a host adapted. Apart from the index, because the command line beside an agent only uses the engine. */
export { adaptationFiles } from './triggers/adaptation-memory.ts';
export { Conductor } from './triggers/conductor.ts';
