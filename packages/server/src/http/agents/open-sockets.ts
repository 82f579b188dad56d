/**
 * Every WebSocket of an agent on this process, also before it said hello, so that whoever is refused later is put out at once.
 *
 * Invariant: none outlives its certificate, and none the identity that it was let in by.
 */
import type { WebSocket } from '@fastify/websocket';
import type { HostId } from '@guise/model';
import { refusedHosts } from '../../app/admit-host.ts';
import type { Database } from '../../store/database.ts';
import { closeCodes, closeReasonOf } from './close-codes.ts';
import type { TlsPeer } from './peer.ts';

export interface OpenSockets {
  add(socket: WebSocket, peer: TlsPeer): void;
  /** Looks again whether they are to be let in, and closes those that are not. */
  recheck(which: HostId | 'all'): Promise<void>;
}

/** The longest that a timer can wait. */
const timerMaxMs = 2 ** 31 - 1;

export function openSockets(database: Database, now: () => number): OpenSockets {
  const byHost = new Map<HostId, Map<WebSocket, TlsPeer>>();
  return {
    add: (socket, peer) => {
      const sockets = byHost.get(peer.hostId) ?? new Map<WebSocket, TlsPeer>();
      byHost.set(peer.hostId, sockets.set(socket, peer));
      const leftMs = Math.min(Math.max(peer.untilMs - now(), 0), timerMaxMs);
      const end = setTimeout(() => socket.close(closeCodes.identity, 'the certificate has ended'), leftMs);
      socket.on('close', () => {
        clearTimeout(end);
        sockets.delete(socket);
        if (sockets.size === 0 && byHost.get(peer.hostId) === sockets) byHost.delete(peer.hostId);
      });
    },
    recheck: async (which) => {
      const hosts = which === 'all' ? [...byHost.values()] : [byHost.get(which) ?? new Map<WebSocket, TlsPeer>()];
      const open = hosts.flatMap((sockets) => [...sockets]);
      const refused = await refusedHosts(
        database,
        open.map(([, peer]) => peer),
      );
      const reasons = new Map(refused.map(({ serial, refusal }) => [serial, closeReasonOf(refusal)]));
      for (const [socket, { serial }] of open) {
        const reason = reasons.get(serial);
        if (reason !== undefined) socket.close(closeCodes.identity, reason);
      }
    },
  };
}
