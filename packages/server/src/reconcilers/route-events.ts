/**
 * Sends events to the agents concerned that are connected to this process.
 *
 * Every process hears of every event and looks up its hosts itself, so none has to know where an agent is. What comes while a round
 * runs is sent together in the next. After a gap in the signals the events of the last minute are looked through for missed ones.
 * What could not be sent because the database was away is tried again with what comes next.
 * Bounds: other work has its turn after each `limits.eventsPerTurn` messages; past `limits.eventsToRoute` that wait, the oldest are dropped and counted; so is an event for an agent that does not keep
 * up. An event is news: a host that is away misses it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from '@guise/model';
import type { Connections } from '../app/connections.ts';
import { routeEvents } from '../app/event-routes.ts';
import type { Database } from '../store/database.ts';
import { liveEvents, type PostedEvent, readEvents } from '../store/events.ts';

export interface EventRouter {
  request(sequences: readonly string[]): void;
  /** Signals may have been missed. */
  catchUp(): void;
  /** Resolves when a round that is running has ended; starts no other. */
  stop(): Promise<void>;
}

interface Parts {
  readonly database: Database;
  readonly connections: Connections;
  readonly onSent: (count: number) => void;
  readonly onDropped: (count: number, reason: 'slow_agent' | 'too_many') => void;
  readonly onFailure: (error: unknown) => void;
}

export function startEventRouter(parts: Parts): EventRouter {
  const waiting = new Set<string>();
  /** The newest that were sent from here. */
  const handled = new Set<string>();
  let running: Promise<void> | null = null;
  let stopped = false;
  const round = async () => {
    while (waiting.size > 0 && !stopped) {
      const sequences = [...waiting.values().take(limits.eventsPerRound)];
      await send(parts, await readEvents(parts.database, sequences));
      for (const sequence of sequences) {
        waiting.delete(sequence);
        handled.add(sequence);
      }
      dropOldest(handled, limits.eventsToRoute);
    }
  };
  const start = () => {
    running ??= round()
      .catch(parts.onFailure)
      .finally(() => {
        running = null;
      });
  };
  const request = (sequences: readonly string[]) => {
    for (const sequence of sequences) if (!handled.has(sequence)) waiting.add(sequence);
    const dropped = dropOldest(waiting, limits.eventsToRoute);
    if (dropped > 0) parts.onDropped(dropped, 'too_many');
    start();
  };
  return {
    request,
    catchUp: () => {
      liveEvents(parts.database).then(request, parts.onFailure);
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

async function send(
  { database, connections, onSent, onDropped }: Parts,
  posted: readonly PostedEvent[],
): Promise<void> {
  const events = posted.map(({ event }) => event);
  const routes = await routeEvents(database, events);
  let sent = 0;
  let dropped = 0;
  for (const [index, event] of events.entries()) {
    const tail = Buffer.from(`${JSON.stringify(event)}}`);
    for (const hostId of routes[index] ?? []) {
      const connection = connections.get(hostId);
      if (connection === undefined) continue;
      if ((sent + dropped) % limits.eventsPerTurn === limits.eventsPerTurn - 1) await nextTurn();
      if (connection.tell('{"type":"event","event":', tail)) sent += 1;
      else dropped += 1;
    }
  }
  if (sent > 0) onSent(sent);
  if (dropped > 0) onDropped(dropped, 'slow_agent');
}

/** How many went. */
function dropOldest(set: Set<string>, sizeMax: number): number {
  const sizeBefore = set.size;
  for (const oldest of set) {
    if (set.size <= sizeMax) break;
    set.delete(oldest);
  }
  return sizeBefore - set.size;
}
