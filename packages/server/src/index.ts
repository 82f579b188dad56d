export { startServer } from './main.ts';
export type { RunningServer, ServerOptions } from './server-options.ts';
