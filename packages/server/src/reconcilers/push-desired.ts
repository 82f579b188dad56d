/**
 * Sends every connected agent what is desired of its host, whenever that changed and whenever it may not have heard.
 *
 * Runs on signals from any process, on each agent's arrival, and on a period in case a signal was lost. Idempotent: an agent
 * that already has a generation is sent nothing. Requests that come while a round runs are done together in the next.
 */
import { limits } from '@guise/model';
import type { Connections } from '../app/connections.ts';
import type { Trust } from '../app/served-trust.ts';
import type { Settled } from '../app/settle-desired.ts';
import { settleDesired } from '../app/settle-desired.ts';
import type { Database } from '../store/database.ts';
import { hostsInScope } from '../store/hosts-in-scope.ts';
import type { Scope } from '../store/signal.ts';
import type { Vault } from '../store/vault.ts';
import { desiredMessages } from './desired-message.ts';

export interface DesiredPusher {
  request(scope: Scope | 'all'): void;
  /** Resolves when a round that is running has ended; starts no other. */
  stop(): Promise<void>;
}

interface Parts {
  readonly database: Database;
  readonly trust: Trust;
  readonly vault: Vault;
  readonly connections: Connections;
  readonly onPushed: (count: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Distinct scopes that wait; past it, everything is looked at instead. */
const scopesWaiting = 1_000;

export function startDesiredPusher(parts: Parts): DesiredPusher {
  const write = desiredMessages(parts.database, parts.vault);
  let waiting = new Map<string, Scope | 'all'>();
  let running: Promise<void> | null = null;
  let stopped = false;
  const round = async () => {
    while (waiting.size > 0 && !stopped) {
      const scopes = [...waiting.values()];
      waiting = new Map();
      const hostIds = await hostsOf(parts, scopes);
      for (let start = 0; start < hostIds.length; start += limits.hostsPerBatch) {
        await push(parts, write, hostIds.slice(start, start + limits.hostsPerBatch));
      }
    }
  };
  return {
    request: (scope) => {
      if (waiting.size >= scopesWaiting) waiting = new Map([['all', 'all']]);
      waiting.set(JSON.stringify(scope), scope);
      running ??= round()
        .catch(parts.onFailure)
        .finally(() => {
          running = null;
        });
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

async function hostsOf(
  { database, connections }: Parts,
  scopes: readonly (Scope | 'all')[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const scope of scopes) {
    if (scope === 'all') return connections.hostIds();
    for (const hostId of await hostsInScope(database, scope)) {
      if (connections.get(hostId) !== undefined) found.add(hostId);
    }
  }
  return [...found];
}

async function push(
  parts: Parts,
  write: ReturnType<typeof desiredMessages>,
  hostIds: readonly string[],
): Promise<void> {
  const settled = await settleDesired(parts.database, parts.trust, hostIds);
  const news = [...settled.values()].filter((each) => isNews(parts.connections, each));
  const messages = await write(news);
  let pushed = 0;
  for (const { row } of news) {
    const connection = parts.connections.get(row.hostId);
    const message = messages.get(row.hostId);
    if (connection === undefined || message === undefined || row.digest === null) continue;
    connection.send(message.head, message.tail);
    connection.known = { generation: row.generation, digest: row.digest };
    pushed += 1;
  }
  for (const hostId of hostIds) {
    if (!settled.has(hostId)) parts.connections.get(hostId)?.close('the host is enrolled no more');
  }
  parts.onPushed(pushed);
}

function isNews(connections: Connections, { row }: Settled): boolean {
  // A refused host keeps what it has: its layers are not known, and none is not what is desired.
  if (row.generation === 0 || row.suspendedDigest !== null || row.refused !== null) return false;
  const known = connections.get(row.hostId)?.known ?? null;
  return known === null || known.generation !== row.generation || known.digest !== row.digest;
}
