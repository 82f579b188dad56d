/** A part of the composition: what is done to hosts beside what they are sent, which goes on whichever process began it. */
import type { AskHost } from './app/ask-host.ts';
import type { Trust } from './app/served-trust.ts';
import { openTraffics } from './app/traffic.ts';
import type { HostProviders } from './drivers/host-provider/host-provider.ts';
import { flowKinds } from './flows/index.ts';
import { runFlows } from './flows/run-flows.ts';
import type { OutboundRules } from './outbound/checked-place.ts';
import { keepWarm } from './reconcilers/keep-warm.ts';
import { startRebalancer } from './reconcilers/rebalance.ts';
import type { ServerOptions } from './server-options.ts';
import type { Shutdown } from './shutdown.ts';
import type { Database } from './store/database.ts';
import type { Listener } from './store/listener.ts';
import type { Vault } from './store/vault.ts';

export interface DriveParts extends Pick<ServerOptions, 'traffics' | 'flows'> {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly listener: Listener;
  readonly trust: Trust;
  readonly vault: Vault;
  readonly ask: AskHost;
  readonly providers: HostProviders;
  readonly outbound: OutboundRules;
  readonly onFailure: (error: unknown) => void;
  readonly shutdown: Shutdown;
}

export function driveHosts(parts: DriveParts): void {
  const { traffics = openTraffics(parts), shutdown } = parts;
  const flows = runFlows({ ...parts, ...parts.flows, kinds: flowKinds({ ...parts, traffics }) });
  shutdown.add(() => flows.stop());
  const warm = keepWarm(parts);
  shutdown.add(() => warm.stop());
  const rebalancer = startRebalancer(parts);
  shutdown.add(() => rebalancer.stop());
}
