export type {
  Allocation,
  Capabilities,
  Capability,
  Fenced,
  Fingerprint,
  HostProvider,
  MachineUsage,
} from './drivers/host-provider/host-provider.ts';
export { LabProvider, labProviders } from './drivers/host-provider/lab-provider.ts';
export { libvirtProviders } from './drivers/host-provider/libvirt-provider.ts';
export { startServer } from './main.ts';
export type { RunningServer, ServerOptions } from './server-options.ts';
