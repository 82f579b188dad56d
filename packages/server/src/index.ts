export type {
  Allocation,
  Capabilities,
  Fenced,
  HostProvider,
  MachineUsage,
} from './drivers/host-provider/host-provider.ts';
export { startServer } from './main.ts';
export type { RunningServer, ServerOptions } from './server-options.ts';
