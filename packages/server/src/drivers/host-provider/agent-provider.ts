/**
 * The provider that every enrolled host has: its own agent, with its journal as snapshot and, where the root is btrfs, every file of it.
 *
 * It can neither power a host nor give it another operating system, and knows nothing of what hosts share, so it does not claim to.
 * Throws: as `HostProvider` says; as asking a host does, so `host_unavailable` when its agent is away.
 */
import { GuiseError, parseHostId } from '@guise/model';
import type { AskHost } from '../../app/ask-host.ts';
import type { Capability, Fenced, HostProvider } from './host-provider.ts';

export function agentProvider(ask: AskHost): HostProvider {
  return {
    name: 'agent',
    capabilities: async ({ hostId }) => {
      const { can } = await ask(parseHostId(hostId), { ask: 'capabilities' });
      return { can, images: [] };
    },
    snapshot: (host, label) => ask(parseHostId(host.hostId), { ask: 'snapshot', fence: fenceOf(host), label }),
    revert: async (host, label) => {
      const question = { ask: 'revert', fence: fenceOf(host), label } as const;
      const { digest, parts, differing } = await ask(parseHostId(host.hostId), question);
      return { digest, parts, differing };
    },
    discard: async (host, label) => {
      await ask(parseHostId(host.hostId), { ask: 'discard', fence: fenceOf(host), label });
    },
    deploy: async (host) => missing(host, 'image'),
    resize: async (host) => missing(host, 'resize'),
    power: async (host) => missing(host, 'power'),
    usage: async () => null,
  };
}

/** JSON has no whole numbers beyond these, and no host is leased so often. */
function fenceOf({ fence }: Fenced): number {
  return Number(fence);
}

function missing({ hostId }: Fenced, capability: Capability): never {
  throw new GuiseError(
    'capability_missing',
    `Cannot do this to "${hostId}": its provider is its own agent, which has no capability "${capability}"`,
  );
}
