/**
 * Asking for a host: what was asked is checked against what there is, and with a host that is free it is leased at once.
 *
 * Invariants: nothing is told of a host or a persona to whoever may not have it; a request that is refused leaves nothing behind; a
 * booking is made here or not at all.
 * Throws: `not_permitted`, `host_not_found`, `persona_not_found`, `parameter_invalid`, `argument_invalid`, `requirements_unmet`,
 * `capability_missing`, `host_unfit`, `lease_conflict`, `limit_exceeded`.
 */
import { randomUUID } from 'node:crypto';
import type { CheckoutRequest } from '@guise/api';
import type { HostId, Json, PersonaId } from '@guise/model';
import { durationMs, GuiseError, limits } from '@guise/model';
import { parameterValues } from '@guise/model/documents';
import type { HostProviders } from '../drivers/host-provider/host-provider.ts';
import type { Permissions } from '../permissions/permissions.ts';
import type { CheckoutRow } from '../store/checkouts.ts';
import {
  changeCheckout,
  countOpenOf,
  findCheckout,
  insertCheckout,
  lockQueue,
  waitingCheckouts,
} from '../store/checkouts.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { findFleetHost, type HostOnOffer, knownHosts } from '../store/fleet.ts';
import { insertFlow } from '../store/flows.ts';
import { findHost, listHosts } from '../store/hosts.ts';
import { clockOf, leaseConflict } from '../store/leases.ts';
import { listPersonas } from '../store/persona-list.ts';
import { findVersion, lockPersona } from '../store/personas.ts';
import type { Caller } from './caller.ts';
import {
  type CheckoutNeeds,
  needsOf,
  noNeeds,
  providedHost,
  requireCapabilities,
  requireResources,
} from './checkout-needs.ts';
import { whyTooSmall } from './choose-offer.ts';
import { noPersona } from './publish-persona.ts';
import { leaseBest, serveCheckouts } from './serve-checkouts.ts';
import { stateDigest } from './state-digest.ts';
import { parseTagSelector } from './tag-selector.ts';

export interface CheckoutParts {
  readonly database: Database;
  readonly permissions: Permissions;
  readonly providers: HostProviders;
}

/** Hosts that the caller may have, and the persona that each of them can be. */
interface Choice {
  readonly hosts: readonly HostOnOffer[];
  readonly personaId: PersonaId | null;
  readonly needs: CheckoutNeeds;
}

export async function requestCheckout(
  parts: CheckoutParts,
  caller: Caller,
  request: CheckoutRequest,
): Promise<CheckoutRow> {
  const from = startOf(request, await clockOf(parts.database));
  const ms = durationOf(request.for);
  const choice = await choose(parts, caller, request);
  await refuseUnfit(parts, request, choice);
  return mutate(parts.database, caller.actor, async (tx) => {
    await lockQueue(tx);
    await requireFew(tx, caller.actor);
    await requireStill(tx, choice.personaId);
    const checkout = await insert(tx, caller, request, choice);
    const terms = { holder: caller.actor, from, durationMs: ms };
    if (from !== null) await book(tx, checkout, choice, terms);
    else await serveCheckouts(tx);
    const asked = await findCheckout(tx, checkout.checkoutId);
    if (asked === null) throw new Error('A checkout went away in its own transaction');
    const mayWait = request.wait ?? request.host_id === undefined;
    if (asked.leaseId === null && !mayWait) throw await whyNotFree(tx, choice, terms);
    return {
      value: asked,
      audit: {
        action: caller.action,
        resource: `checkout/${asked.checkoutId}`,
        detail: { request: asJson(request), host_id: asked.hostId, persona_id: asked.personaId },
        before: null,
        after: stateDigest({ state: asked.state, host_id: asked.hostId, holder: asked.holder }),
      },
      signals: [{ type: 'flow' }, { type: 'event', event: 'checkout.requested', subject: asked.checkoutId }],
    };
  });
}

export function durationOf(text: string): number {
  const ms = durationMs(text);
  if (ms >= limits.checkoutMinMs && ms <= limits.checkoutMaxMs) return ms;
  throw new GuiseError(
    'argument_invalid',
    `Cannot check out for ${text}: it must be 1s to ${limits.checkoutMaxMs / 86_400_000}d`,
  );
}

function startOf({ starts_at }: CheckoutRequest, now: Date): Date | null {
  if (starts_at === undefined) return null;
  const inMs = Date.parse(starts_at) - now.getTime();
  if (inMs > 0 && inMs <= limits.checkoutAheadMs) return new Date(starts_at);
  throw new GuiseError(
    'argument_invalid',
    `Cannot book a host from ${starts_at}: it must be after now and within ${limits.checkoutAheadMs / 86_400_000} days`,
  );
}

/** With a category the first of its personas that some host can be. */
async function choose(parts: CheckoutParts, caller: Caller, request: CheckoutRequest): Promise<Choice> {
  const { database } = parts;
  const hostIds = await hostsNamed(database, request);
  const { category, persona_id } = request;
  if (category === undefined) return choiceOf(parts, caller, request, hostIds, persona_id ?? null);
  const { items: personas } = await listPersonas(database, { category, limit: limits.pageItems });
  let refusal: unknown = null;
  for (const { persona_id: personaId } of personas) {
    try {
      const choice = await choiceOf(parts, caller, request, hostIds, personaId);
      if (choice.hosts.some((host) => whyTooSmall(host, choice.needs.room) === null)) return choice;
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      refusal ??= error;
    }
  }
  throw (
    refusal ??
    new GuiseError('host_unfit', `Cannot check out a host: none that was asked for can be a persona of "${category}"`)
  );
}

async function choiceOf(
  { database, permissions }: CheckoutParts,
  caller: Caller,
  request: CheckoutRequest,
  hostIds: readonly HostId[],
  personaId: PersonaId | null,
): Promise<Choice> {
  const beside = personaId ?? undefined;
  const host = (id: string) => ({ type: 'Host', id }) as const;
  const permitted = await permissions.visible(caller, hostIds, host, beside);
  const [first] = hostIds;
  if (permitted.length === 0 && first !== undefined)
    await permissions.require(caller, [host(first)], beside === undefined ? undefined : [beside]);
  const found = personaId === null ? null : await findVersion(database, personaId, request.version);
  if (personaId !== null && found === null) throw noPersona(personaId);
  if (found !== null) parameterValues(found.persona, request.parameters ?? {});
  return {
    hosts: await knownHosts(database, permitted),
    personaId,
    needs: found === null ? noNeeds : needsOf(found.persona, personaId as PersonaId, request.parameters ?? {}),
  };
}

async function hostsNamed(db: Database, { host_id, select }: CheckoutRequest): Promise<readonly HostId[]> {
  if (host_id !== undefined) return [host_id];
  const terms = select === undefined ? [] : parseTagSelector(select);
  const { items } = await listHosts(db, { terms, limit: limits.checkoutCandidates });
  if (items.length > 0) return items.map((host) => host.host_id);
  throw new GuiseError(
    'host_unfit',
    `Cannot check out a host: none ${select === undefined ? 'is enrolled' : `is ${select}`}`,
  );
}

/** What would be found out later anyway is told at once: of a named host everything, of others whether any could ever do. */
async function refuseUnfit(
  { database, providers }: CheckoutParts,
  { host_id }: CheckoutRequest,
  { hosts, needs }: Choice,
): Promise<void> {
  if (host_id === undefined) {
    if (hosts.some((host) => whyTooSmall(host, needs.room) === null)) return;
    throw new GuiseError('host_unfit', 'Cannot check out a host: none that was asked for is large enough');
  }
  const [host] = hosts;
  const fleetHost = await findFleetHost(database, host_id);
  if (host === undefined || fleetHost === null)
    throw new GuiseError('host_not_found', `Cannot find the host "${host_id}"`);
  requireResources(host, needs.room);
  await requireCapabilities(providedHost(providers, fleetHost), needs);
}

async function requireFew(tx: Executor, holder: string): Promise<void> {
  const open = await countOpenOf(tx, holder);
  if (open < limits.checkoutsPerHolder) return;
  throw new GuiseError(
    'limit_exceeded',
    `Cannot check out a host: "${holder}" has or waits for ${open}, and ${limits.checkoutsPerHolder} are allowed`,
  );
}

/** Holds off a deletion of the persona until this checkout can be seen. */
async function requireStill(tx: Executor, personaId: PersonaId | null): Promise<void> {
  if (personaId === null) return;
  const head = await lockPersona(tx, personaId);
  if (head === null || head.deleted) throw noPersona(personaId);
}

async function insert(
  tx: Executor,
  caller: Caller,
  request: CheckoutRequest,
  { hosts, personaId }: Choice,
): Promise<CheckoutRow> {
  const waiting = await waitingCheckouts(tx, limits.checkoutsWaiting);
  if (waiting.length >= limits.checkoutsWaiting)
    throw new GuiseError('limit_exceeded', `Cannot check out a host: ${waiting.length} wait for one already`);
  const checkoutId = randomUUID();
  const flowId = await insertFlow(tx, 'checkout', 'waiting', {
    checkout_id: checkoutId,
    holder: caller.actor,
    since: null,
    warned_ms: null,
  });
  return insertCheckout(tx, {
    checkoutId,
    flowId,
    holder: caller.actor,
    request,
    candidates: hosts.map(({ hostId }) => hostId),
    personaId,
    version: request.version ?? null,
    parameters: request.parameters ?? {},
  });
}

interface Terms {
  readonly holder: string;
  readonly from: Date | null;
  readonly durationMs: number;
}

async function book(tx: Executor, { checkoutId }: CheckoutRow, choice: Choice, terms: Terms): Promise<void> {
  const lease = await leaseBest(tx, choice.hosts, choice.needs.room, terms);
  if (lease === null) throw await whyNotFree(tx, choice, terms);
  await changeCheckout(tx, checkoutId, { hostId: lease.hostId, leaseId: lease.leaseId });
}

/** Of one host by name; of several only that none is. */
async function whyNotFree(tx: Executor, { hosts }: Choice, terms: Terms): Promise<GuiseError> {
  const [host, ...others] = hosts;
  if (host === undefined || others.length > 0)
    return new GuiseError(
      'lease_conflict',
      `Cannot check out a host: none of the ${hosts.length} that would do is free then`,
    );
  const { hostId } = host;
  const conflict = await leaseConflict(tx, { ...terms, hostId });
  if (conflict !== null) return conflict;
  const known = await findHost(tx, hostId);
  if (known?.connected === false)
    return new GuiseError('host_unavailable', `Cannot check out "${hostId}": its agent is not connected`);
  const fleetHost = await findFleetHost(tx, hostId);
  const why = fleetHost?.reason === null || fleetHost === null ? '' : ` (${fleetHost.reason})`;
  return new GuiseError('host_unfit', `Cannot check out "${hostId}": it is ${fleetHost?.state ?? 'gone'}${why}`);
}

/** Without what was left out. */
function asJson(request: CheckoutRequest): Json {
  return JSON.parse(JSON.stringify(request)) as Json;
}
