/**
 * Sends every connected agent the newest checkpoint of the audit log, with the proof that it only adds to the one it has.
 *
 * Agents that have the same one get the same bytes: at each new checkpoint nearly all do. Other proofs are kept while that checkpoint
 * is the newest, at most `limits.auditProofsKept`. An agent that does not keep up gets the next one.
 * An agent that has more than there is here is sent what there is, and will refuse it: it has seen a log that was longer.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from '@guise/model';
import type { AgentConnection, Connections } from '../app/connections.ts';
import { type CheckpointRow, newestCheckpoint } from '../store/audit-checkpoints.ts';
import { consistencyProof } from '../store/audit-proofs.ts';
import type { Database } from '../store/database.ts';

export interface CheckpointPusher {
  request(to: 'all' | { readonly host: string }): void;
  /** Resolves when a round that is running has ended; starts no other. */
  stop(): Promise<void>;
}

interface Parts {
  readonly database: Database;
  readonly connections: Connections;
  readonly onFailure: (error: unknown) => void;
}

const head = '{"type":"checkpoint",';

export function startCheckpointPusher(parts: Parts): CheckpointPusher {
  const { database, connections, onFailure } = parts;
  const tails = new Tails(database);
  let waiting = new Set<string>();
  let isForAll = false;
  let running: Promise<void> | null = null;
  let stopped = false;
  const round = async () => {
    while ((isForAll || waiting.size > 0) && !stopped) {
      const hostIds = isForAll ? connections.hostIds() : [...waiting];
      [waiting, isForAll] = [new Set(), false];
      const newest = await newestCheckpoint(database);
      if (newest !== null)
        await push(
          newest,
          hostIds.flatMap((hostId) => connections.get(hostId) ?? []),
          tails,
        );
    }
  };
  return {
    request: (to) => {
      if (to === 'all') isForAll = true;
      else waiting.add(to.host);
      running ??= round()
        .catch(onFailure)
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

async function push(newest: CheckpointRow, connections: readonly AgentConnection[], tails: Tails): Promise<void> {
  let told = 0;
  for (const connection of connections) {
    if (connection.checkpointSize === newest.size) continue;
    const tail = await tails.from(connection.checkpointSize, newest);
    if (connection.tell(head, tail)) connection.checkpointSize = newest.size;
    told += 1;
    if (told % limits.eventsPerTurn === 0) await nextTurn();
  }
}

/** The messages that end with one checkpoint, by the size that their proof starts from. */
class Tails {
  readonly #database: Database;
  readonly #kept = new Map<number, Buffer>();
  #size = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  async from(from: number, { size, note }: CheckpointRow): Promise<Buffer> {
    if (this.#size !== size) this.#kept.clear();
    this.#size = size;
    const kept = this.#kept.get(from);
    if (kept !== undefined) return kept;
    const proof = from < size ? await consistencyProof(this.#database, from, size) : [];
    const consistency = proof.map((hash) => Buffer.from(hash).toString('base64'));
    const tail = Buffer.from(JSON.stringify({ note, from, consistency }).slice(1));
    if (this.#kept.size >= limits.auditProofsKept) this.#kept.delete(this.#kept.keys().next().value ?? 0);
    this.#kept.set(from, tail);
    return tail;
  }
}
