/**
 * The agents that this process is connected to. One connection a host: a newer one replaces the older.
 */
import type { Ask } from '@guise/api';
import type { Digest, HostId } from '@guise/model';

export interface KnownDesired {
  readonly generation: number;
  readonly digest: Digest;
}

/** One agent's WebSocket, seen from inside. */
export interface AgentConnection {
  readonly hostId: HostId;
  /** What the agent has, or will have when what was sent arrives. */
  known: KnownDesired | null;
  /** Version of the trust root that it goes by, or will when what was sent arrives; null for one that never enrolled here. */
  rootVersion: number | null;
  /** Size of the audit log at the checkpoint that the agent has, or will have when what was sent arrives; 0 for none. */
  checkpointSize: number;
  /** One message in two parts. The second is sent as it is, not copied, so thousands of agents may share it. */
  send(head: string, tail: Buffer): void;
  /** The same for what may be lost: false when the agent does not keep up, and then nothing was sent. */
  tell(head: string, tail: Buffer): boolean;
  /** Throws: `host_unavailable` when the connection ends first, `command_timeout`, `limit_exceeded`, or the agent's own error. */
  ask(question: Ask): Promise<unknown>;
  close(reason: string): void;
}

export interface Connections {
  get(hostId: string): AgentConnection | undefined;
  hostIds(): readonly string[];
  readonly size: number;
  add(connection: AgentConnection): void;
  /** False when another connection took its place. */
  remove(connection: AgentConnection): boolean;
  closeAll(reason: string): void;
}

export function makeConnections(): Connections {
  const byHost = new Map<string, AgentConnection>();
  return {
    get: (hostId) => byHost.get(hostId),
    hostIds: () => [...byHost.keys()],
    get size() {
      return byHost.size;
    },
    add: (connection) => {
      byHost.get(connection.hostId)?.close('replaced by a newer connection');
      byHost.set(connection.hostId, connection);
    },
    remove: (connection) => byHost.get(connection.hostId) === connection && byHost.delete(connection.hostId),
    closeAll: (reason) => {
      for (const connection of byHost.values()) connection.close(reason);
    },
  };
}
