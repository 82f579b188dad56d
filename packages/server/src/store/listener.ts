/**
 * Hears the signals of every process on the database, over one connection of its own.
 *
 * Invariant: after a broken connection is back, `onGap` is called, because signals may have been missed meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@guise/model';
import pg from 'pg';
import type { Signal } from './signal.ts';
import { channel } from './signal.ts';

export interface Listener {
  subscribe(hear: (signal: Signal) => void): () => void;
  close(): Promise<void>;
}

export async function openListener(url: string, onGap: () => void): Promise<Listener> {
  const subscribers = new Set<(signal: Signal) => void>();
  let closed = false;
  const hear = (text: string | undefined) => {
    const signal = JSON.parse(text ?? 'null') as Signal;
    for (const subscriber of subscribers) subscriber(signal);
  };
  const reconnect = async () => {
    for (let waitMs: number = limits.reconnectMinMs; !closed; waitMs = Math.min(waitMs * 2, limits.reconnectMaxMs)) {
      await sleep(waitMs);
      try {
        client = await listen(url, hear, onBroken);
        return onGap();
      } catch {
        // The database is still away; the next round waits longer.
      }
    }
  };
  const onBroken = () => {
    if (!closed) void reconnect();
  };
  let client = await listen(url, hear, onBroken);
  return {
    subscribe: (subscriber) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    close: async () => {
      closed = true;
      await client.end();
    },
  };
}

async function listen(url: string, hear: (text: string | undefined) => void, onBroken: () => void): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true });
  // One loss tells twice, as an error and as an end; the first is enough. Before it is connected, connecting tells.
  let broken = true;
  const once = () => {
    if (!broken) onBroken();
    broken = true;
  };
  client.on('error', once);
  await client.connect();
  broken = false;
  client.on('end', once);
  client.on('notification', ({ payload }) => hear(payload));
  await client.query(`listen ${channel}`);
  return client;
}
