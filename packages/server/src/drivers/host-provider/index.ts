/** Every provider of hosts that a control plane has; to add one, list it here. */
import type { AskHost } from '../../app/ask-host.ts';
import { agentProvider } from './agent-provider.ts';
import type { HostProviders } from './host-provider.ts';

export interface ProviderParts {
  readonly ask: AskHost;
  /** As this control plane was given; one of the same name takes the place of its own. */
  readonly others?: HostProviders | undefined;
}

export function hostProviders({ ask, others = new Map() }: ProviderParts): HostProviders {
  const own = [agentProvider(ask)];
  return new Map([...own.map((provider) => [provider.name, provider] as const), ...others]);
}
