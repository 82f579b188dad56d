/** Every provider of hosts that a control plane has; to add one, list it here. */
import type { AskHost } from '../../app/ask-host.ts';
import { agentProvider } from './agent-provider.ts';
import type { HostProviders } from './host-provider.ts';

export interface ProviderParts {
  readonly ask: AskHost;
}

export function hostProviders({ ask }: ProviderParts): HostProviders {
  return new Map([agentProvider(ask)].map((provider) => [provider.name, provider]));
}
