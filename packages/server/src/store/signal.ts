/**
 * What the processes on one database tell each other, over LISTEN and NOTIFY: sent when the transaction commits, or not at all.
 *
 * A signal only says where to look; whoever hears it reads the database. So a lost one costs a delay, never a wrong state.
 * Shape: JSON of at most 8,000 bytes, PostgreSQL's limit; see `signalsForHosts`.
 */
import type { Json } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { insertDeliveries } from './webhook-deliveries.ts';

/** Hosts whose desired state may have changed. */
export type Scope =
  | { readonly hosts: readonly string[] }
  | { readonly tag: string }
  | { readonly group: string }
  | { readonly persona_group: string }
  | { readonly persona: string };

export type Signal =
  | { readonly type: 'desired'; readonly scope: Scope }
  /** There is another trust root. */
  | { readonly type: 'root' }
  /** For people who watch, and for webhooks: `persona.published`, `host.connected`. What more there is to say of it, `data`, webhooks alone are told. */
  | { readonly type: 'event'; readonly event: string; readonly subject: string; readonly data?: Json }
  /** Something waits to be sent to webhooks. */
  | { readonly type: 'delivery' }
  | { readonly type: 'asked'; readonly ask_id: string; readonly replica_id: string }
  | { readonly type: 'replied'; readonly ask_id: string }
  /** What a host is let in by may have changed. */
  | { readonly type: 'identity'; readonly host_id: string }
  /** Policies changed, or somebody has less than before. */
  | { readonly type: 'permissions' }
  /** Events that are to be sent to the hosts concerned. */
  | { readonly type: 'posted'; readonly sequences: readonly string[] }
  /** A flow has something to do: it was begun, or woken. */
  | { readonly type: 'flow' }
  /** The audit log has a new checkpoint. */
  | { readonly type: 'checkpointed'; readonly size: number };

export const channel = 'guise';

/** 64 characters an id, so a hundred stay below 8,000 bytes. */
const hostsPerSignal = 100;

export function signalsForHosts(hosts: readonly string[]): Signal[] {
  const signals: Signal[] = [];
  for (let start = 0; start < hosts.length; start += hostsPerSignal) {
    signals.push({ type: 'desired', scope: { hosts: hosts.slice(start, start + hostsPerSignal) } });
  }
  return signals;
}

/** A sequence has 19 digits at most. */
const eventsPerSignal = 300;

export function signalsForEvents(sequences: readonly string[]): Signal[] {
  const signals: Signal[] = [];
  for (let start = 0; start < sequences.length; start += eventsPerSignal) {
    signals.push({ type: 'posted', sequences: sequences.slice(start, start + eventsPerSignal) });
  }
  return signals;
}

/** What webhooks are to be told of it is written in the same transaction. */
export async function sendSignals(tx: Executor, signals: readonly Signal[]): Promise<void> {
  if (signals.length === 0) return;
  const events = signals.filter((signal) => signal.type === 'event');
  const deliveries = events.length === 0 ? 0 : await insertDeliveries(tx, events);
  const texts = [...signals, ...(deliveries === 0 ? [] : [{ type: 'delivery' } as const])].map(textOf);
  await sql`select pg_notify(${channel}, text) from unnest(${texts}::text[]) as text`.execute(tx);
}

function textOf(signal: Signal): string {
  if (signal.type !== 'event') return JSON.stringify(signal);
  const { data: _data, ...told } = signal;
  return JSON.stringify(told);
}
