/**
 * Takes events that happened elsewhere and passes them on to the hosts concerned.
 *
 * Invariants: the same source and id within `limits.eventDuplicateMs` is one event, accepted once; what is accepted is signalled
 * to every process of ours when it commits, and each sends it to the agents that it is connected to.
 * Throws: `limit_exceeded` for an event that is too large, or events for too many hosts; `host_not_found` for one that names a host there is not.
 */
import type { CloudEvent, HostId } from '@guise/model';
import { digestOfJson, GuiseError, limits } from '@guise/model';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { insertEvents, takeEventKeys } from '../store/events.ts';
import { unknownHosts } from '../store/hosts.ts';
import { signalsForEvents } from '../store/signal.ts';
import type { Caller } from './caller.ts';
import { routeEvents, targetOf } from './event-routes.ts';

export interface EventReceipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly hosts: number;
}

export interface Posted {
  readonly receipt: EventReceipt;
  /** Each event counted for each of its hosts. */
  readonly deliveries: number;
}

/** Events that an audit entry names; of more it tells the number. */
const eventsNamed = 20;

export async function postEvents(database: Database, caller: Caller, events: readonly CloudEvent[]): Promise<Posted> {
  for (const event of events) requireSize(event);
  return mutate(database, caller.actor, async (tx) => {
    await requireHosts(tx, events);
    const fresh = await firstSeen(tx, events);
    const routes = await routeEvents(tx, fresh);
    const deliveries = requireDeliverable(routes);
    const concerned = fresh.filter((_, index) => (routes[index]?.length ?? 0) > 0);
    const sequences = await insertEvents(tx, concerned);
    const receipt = {
      accepted: fresh.length,
      duplicates: events.length - fresh.length,
      hosts: countDistinct(routes),
    };
    const named = fresh.slice(0, eventsNamed).map(({ id, source, type }) => ({ id, source, type }));
    return {
      value: { receipt, deliveries },
      audit:
        fresh.length === 0
          ? null
          : { action: caller.action, resource: 'events', detail: { ...receipt, events: named } },
      signals: signalsForEvents(sequences),
    };
  });
}

/** Without those that were accepted before, or stand twice in the request. */
async function firstSeen(tx: Executor, events: readonly CloudEvent[]): Promise<readonly CloudEvent[]> {
  const byKey = new Map<string, CloudEvent>();
  for (const event of events) {
    const key = digestOfJson([event.source, event.id]);
    if (!byKey.has(key)) byKey.set(key, event);
  }
  const taken = await takeEventKeys(tx, [...byKey.keys()]);
  return [...byKey].flatMap(([key, event]) => (taken.has(key) ? [event] : []));
}

async function requireHosts(tx: Executor, events: readonly CloudEvent[]): Promise<void> {
  const named = events.map(targetOf).flatMap((target) => (target !== null && 'hosts' in target ? target.hosts : []));
  if (named.length === 0) return;
  const [unknown] = await unknownHosts(tx, [...new Set(named)] as HostId[]);
  if (unknown !== undefined) {
    throw new GuiseError('host_not_found', `Cannot find the host "${unknown}", for which an event is`);
  }
}

function requireSize(event: CloudEvent): void {
  const sizeBytes = sizeOf(event);
  if (sizeBytes <= limits.eventSizeBytes) return;
  throw new GuiseError(
    'limit_exceeded',
    `Cannot take the event ${JSON.stringify(event.id.slice(0, 80))}: it has ${sizeBytes} bytes, and ${limits.eventSizeBytes} are allowed`,
  );
}

function requireDeliverable(routes: readonly (readonly string[])[]): number {
  const deliveries = routes.reduce((sum, hosts) => sum + hosts.length, 0);
  if (deliveries <= limits.eventDeliveriesPerRequest) return deliveries;
  throw new GuiseError(
    'limit_exceeded',
    `Cannot pass on ${routes.length} events at once: they make ${deliveries} messages to hosts, and ${limits.eventDeliveriesPerRequest} are allowed`,
  );
}

function sizeOf(event: CloudEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}

function countDistinct(routes: readonly (readonly string[])[]): number {
  const lists = new Set(routes);
  const [only] = lists;
  return lists.size === 1 ? (only?.length ?? 0) : new Set([...lists].flat()).size;
}
