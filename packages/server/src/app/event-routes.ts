/**
 * Which hosts an event is for: those that it names, or else those that have a persona whose triggers wait for its type and source.
 *
 * Shape: n events → n lists of host ids, connected or not; many events to the same hosts are one look-up and share one list.
 */
import { eventTargets } from '@guise/api';
import type { CloudEvent } from '@guise/model';
import type { Executor } from '../store/database.ts';
import { subscribedPersonas } from '../store/event-subscriptions.ts';
import { hostsInScope, hostsWithPersonas } from '../store/hosts-in-scope.ts';
import type { Scope } from '../store/signal.ts';

type Hosts = readonly string[];

export async function routeEvents(db: Executor, events: readonly CloudEvent[]): Promise<readonly Hosts[]> {
  const untargeted = events.filter((event) => targetOf(event) === null);
  const names = [...new Map(untargeted.map((event) => [nameOf(event), event])).values()];
  const subscribed = await subscribedPersonas(db, names);
  const personasOf = new Map(names.map((event, index) => [nameOf(event), subscribed[index] ?? []]));
  const known = new Map<string, Hosts>();
  const routes: Hosts[] = [];
  for (const event of events) {
    const target = targetOf(event);
    const personas = personasOf.get(nameOf(event)) ?? [];
    const key = JSON.stringify(target ?? personas);
    const hosts = known.get(key) ?? (target === null ? await having(db, personas) : await hostsInScope(db, target));
    known.set(key, hosts);
    routes.push(hosts);
  }
  return routes;
}

/** Null: for whoever waits for it. */
export function targetOf(event: CloudEvent): Scope | null {
  const { guisehost, guisegroup, guisetag } = eventTargets;
  if (event['guisehost'] !== undefined) return { hosts: [guisehost.parse(event['guisehost'])] };
  if (event['guisegroup'] !== undefined) return { group: guisegroup.parse(event['guisegroup']) };
  if (event['guisetag'] !== undefined) return { tag: guisetag.parse(event['guisetag']) };
  return null;
}

async function having(db: Executor, personas: Parameters<typeof hostsWithPersonas>[1]): Promise<Hosts> {
  return personas.length === 0 ? [] : hostsWithPersonas(db, personas);
}

function nameOf({ type, source }: CloudEvent): string {
  return JSON.stringify([type, source]);
}
