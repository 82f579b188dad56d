/**
 * What sends requests to hosts: configured by people, used by hand and by flows.
 *
 * Invariants: a key goes in and never out; nothing is connected to that the outbound rules refuse, now or later; by hand no host comes
 * into traffic while it is anything but in production.
 * Turning a host is told to the audit before it is done, and again when it failed: killed in between, the audit has what was begun.
 * Throws: `traffic_not_found`, `host_not_found`, `argument_invalid`, `address_refused`, `host_busy`, `limit_exceeded`, and what the port throws.
 */
import type { TrafficWrite } from '@guise/api';
import { GuiseError, type HostId, type Json, limits } from '@guise/model';
import { openTraffic, requirePlace } from '../drivers/traffic/index.ts';
import type { Traffic, TrafficState } from '../drivers/traffic/traffic.ts';
import type { OutboundRules } from '../outbound/checked-place.ts';
import { type Database, mutate } from '../store/database.ts';
import { findFleetHost } from '../store/fleet.ts';
import { findHost, listHosts } from '../store/hosts.ts';
import {
  deleteTraffic,
  findTraffic,
  lockTraffic,
  putTraffic,
  putTrafficKey,
  readTraffic,
  readTrafficKey,
  type StoredTraffic,
  type TrafficRow,
} from '../store/traffic.ts';
import type { Vault } from '../store/vault.ts';
import type { Caller } from './caller.ts';
import { requireHost } from './hosts.ts';
import { stateDigest } from './state-digest.ts';
import { hasTags, parseTagSelector } from './tag-selector.ts';

export interface TrafficParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly outbound: OutboundRules;
}

/** Each time all that are configured now. One serves the hosts that its selector names and its system knows. */
export function openTraffics(parts: TrafficParts): () => Promise<readonly Traffic[]> {
  return async () => Promise.all((await readTraffic(parts.database)).map((row) => opened(parts, row)));
}

export async function setTraffic(
  { database, vault, outbound }: TrafficParts,
  caller: Caller,
  name: string,
  write: TrafficWrite,
): Promise<StoredTraffic> {
  const { hosts, settings, driver } = write;
  parseTagSelector(hosts);
  const row = { name, hosts, settings, driver } as TrafficRow;
  await requirePlace(row, outbound).catch((error: unknown) => {
    // What is away now may be back when it is needed.
    if (!(error instanceof GuiseError && error.code === 'server_unavailable')) throw error;
  });
  const secret = write.driver === 'dns' ? write.tsig_secret : undefined;
  return mutate(database, caller.actor, async (tx) => {
    await lockTraffic(tx);
    const before = await findTraffic(tx, name);
    if (before === null && (await readTraffic(tx)).length >= limits.traffics) {
      throw new GuiseError('limit_exceeded', `Cannot set "${name}": there are ${limits.traffics} already`);
    }
    if (before?.driver !== driver) await deleteTraffic(tx, name);
    await putTraffic(tx, row, caller.actor);
    if (secret !== undefined) await putTrafficKey(tx, vault, name, secret);
    if (driver === 'dns' && (await readTrafficKey(tx, vault, name)) === null) {
      throw new GuiseError('argument_invalid', `Cannot set "${name}": it has no key yet, so it needs "tsig_secret"`);
    }
    return {
      value: (await findTraffic(tx, name)) as StoredTraffic,
      audit: {
        action: caller.action,
        resource: `traffic/${name}`,
        detail: { driver, hosts, settings: settings as Json, key_set: secret !== undefined },
        before: digestOf(before),
        after: digestOf(row),
      },
      signals: [{ type: 'event', event: 'traffic.set', subject: name }],
    };
  });
}

export async function removeTraffic({ database }: TrafficParts, caller: Caller, name: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    await lockTraffic(tx);
    const before = await findTraffic(tx, name);
    if (before === null) throw noTraffic(name);
    await deleteTraffic(tx, name);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `traffic/${name}`,
        detail: { removed: true },
        before: digestOf(before),
        after: null,
      },
      signals: [{ type: 'event', event: 'traffic.removed', subject: name }],
    };
  });
}

export interface LiveHost {
  readonly host_id: HostId;
  readonly state: TrafficState | null;
  readonly failed: string | null;
}

export interface TrafficView {
  readonly configured: StoredTraffic;
  readonly live: readonly LiveHost[] | null;
}

export async function listTraffic(parts: TrafficParts, isLive: boolean): Promise<readonly TrafficView[]> {
  return Promise.all((await readTraffic(parts.database)).map((row) => viewOf(parts, row, isLive)));
}

export async function getTraffic(parts: TrafficParts, name: string, isLive: boolean): Promise<TrafficView> {
  return viewOf(parts, await requireTraffic(parts.database, name), isLive);
}

export interface Turn {
  readonly name: string;
  readonly hostId: HostId;
  readonly to: 'drained' | 'serving';
  readonly deadlineMs: number;
}

export async function turnHost(parts: TrafficParts, caller: Caller, turn: Turn): Promise<TrafficState> {
  const { name, hostId, to, deadlineMs } = turn;
  if (deadlineMs > limits.trafficTurnMs) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot wait ${deadlineMs} ms for ${name}: at most ${limits.trafficTurnMs} ms are allowed`,
    );
  }
  const traffic = await opened(parts, await requireTraffic(parts.database, name));
  await requireHost(parts.database, hostId);
  if (!(await traffic.serves(hostId))) {
    throw new GuiseError('traffic_not_found', `Cannot turn ${hostId}: "${name}" does not serve it`);
  }
  if (to === 'serving') await requireProduction(parts.database, hostId);
  await audited(parts.database, caller, turn, 'done');
  const options = { deadlineMs, signal: AbortSignal.timeout(deadlineMs + limits.trafficTurnMs) };
  try {
    const state = await turned(parts.database, traffic, turn, options);
    await happened(parts.database, caller, turn, state);
    return state;
  } catch (error) {
    await audited(parts.database, caller, turn, 'failed');
    throw error;
  }
}

type Waiting = Parameters<Traffic['drain']>[1];

async function turned(database: Database, traffic: Traffic, { hostId, to }: Turn, options: Waiting) {
  if (to === 'drained') return traffic.drain(hostId, options);
  await traffic.restore(hostId, options);
  try {
    await requireProduction(database, hostId);
  } catch (error) {
    // It left production while it was waited for: whoever took it must find it as if nobody had restored it.
    await traffic.drain(hostId, options);
    throw error;
  }
  return traffic.state(hostId);
}

async function opened({ database, vault, outbound }: TrafficParts, row: TrafficRow): Promise<Traffic> {
  const secret = row.driver === 'dns' ? await readTrafficKey(database, vault, row.name) : null;
  const traffic = openTraffic(row, secret, outbound);
  const terms = parseTagSelector(row.hosts);
  return {
    name: row.name,
    serves: async (hostId) => {
      const host = await findHost(database, hostId as HostId);
      return host !== null && hasTags(host.tags, terms) && (await traffic.serves(hostId));
    },
    // Also for a host that lost its tag while it was away.
    state: (hostId) => traffic.state(hostId),
    drain: (hostId, options) => traffic.drain(hostId, options),
    restore: (hostId, options) => traffic.restore(hostId, options),
  };
}

async function viewOf(parts: TrafficParts, configured: StoredTraffic, isLive: boolean): Promise<TrafficView> {
  if (!isLive) return { configured, live: null };
  const traffic = await opened(parts, configured);
  const terms = parseTagSelector(configured.hosts);
  const { items } = await listHosts(parts.database, { terms, limit: limits.trafficHostsShown });
  const live: LiveHost[] = [];
  for (let start = 0; start < items.length; start += limits.trafficHostsAtOnce) {
    const some = items.slice(start, start + limits.trafficHostsAtOnce);
    live.push(...(await Promise.all(some.map(({ host_id }) => liveHost(traffic, host_id)))));
  }
  return { configured, live };
}

async function liveHost(traffic: Traffic, hostId: HostId): Promise<LiveHost> {
  try {
    return { host_id: hostId, state: await traffic.state(hostId), failed: null };
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return { host_id: hostId, state: null, failed: error.message };
  }
}

async function requireTraffic(database: Database, name: string): Promise<StoredTraffic> {
  const row = await findTraffic(database, name);
  if (row === null) throw noTraffic(name);
  return row;
}

async function requireProduction(database: Database, hostId: HostId): Promise<void> {
  const state = (await findFleetHost(database, hostId))?.state;
  if (state === 'production') return;
  throw new GuiseError('host_busy', `Cannot put ${hostId} into traffic: it is ${state ?? 'gone'}, not in production`);
}

/** Before anything is done: that somebody wanted it. */
async function audited(database: Database, caller: Caller, turn: Turn, outcome: 'done' | 'failed'): Promise<void> {
  const { name, hostId, to } = turn;
  await mutate(database, caller.actor, async () => ({
    value: undefined,
    audit: { action: caller.action, resource: `host/${hostId}`, detail: { traffic: name, to }, outcome },
    signals: [],
  }));
}

/** Whoever watches is told of what is so; of what did not become so in time nobody is. */
async function happened(database: Database, caller: Caller, { hostId, to }: Turn, state: TrafficState): Promise<void> {
  if (state.isServing !== (to === 'serving')) return;
  const event = to === 'drained' ? 'traffic.drained' : 'traffic.restored';
  await mutate(database, caller.actor, async () => ({
    value: undefined,
    audit: null,
    signals: [{ type: 'event', event, subject: hostId }],
  }));
}

function digestOf(row: TrafficRow | null) {
  return stateDigest(row === null ? null : { driver: row.driver, hosts: row.hosts, settings: row.settings as Json });
}

function noTraffic(name: string): GuiseError {
  return new GuiseError('traffic_not_found', `Cannot find the traffic "${name}"`);
}
