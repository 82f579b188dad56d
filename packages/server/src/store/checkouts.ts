/** Checkouts: who borrows which host as what, how far that is, and what the host was before. */
import type { CheckoutRequest, CheckoutState } from '@guise/api';
import type { HostId, Json, PersonaId } from '@guise/model';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Fingerprint } from '../drivers/host-provider/host-provider.ts';
import type { Executor } from './database.ts';
import { wakeFlows } from './flows.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';

/** What a host was when its lease began, as far as the checkout brings that back. */
export interface HostBefore {
  /** What sent requests to it. */
  readonly traffics: readonly string[];
  /** Instances of its active layers. */
  readonly active: readonly string[];
  /** Keys of its alerts, and addresses at which it differed from what it should be. */
  readonly alerts: readonly string[];
  readonly drift: readonly string[];
  readonly allocation: { readonly cpuCores?: number; readonly memoryMb?: number };
}

export interface CheckoutRow {
  readonly checkoutId: string;
  readonly flowId: string;
  readonly holder: string;
  readonly request: CheckoutRequest;
  readonly candidates: readonly HostId[];
  readonly personaId: PersonaId | null;
  readonly version: number | null;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly state: CheckoutState;
  readonly stateSince: Date;
  readonly hostId: HostId | null;
  readonly leaseId: string | null;
  readonly before: HostBefore | null;
  readonly fingerprintBefore: Fingerprint | null;
  readonly fingerprintAfter: Fingerprint | null;
  readonly results: Json;
  readonly failure: string | null;
  readonly evidence: Json;
  readonly returnedAt: Date | null;
  readonly releasedBy: string | null;
  readonly createdAt: Date;
  readonly readyAt: Date | null;
  readonly endedAt: Date | null;
}

export interface NewCheckout {
  readonly checkoutId: string;
  readonly flowId: string;
  readonly holder: string;
  readonly request: CheckoutRequest;
  readonly candidates: readonly HostId[];
  readonly personaId: PersonaId | null;
  readonly version: number | null;
  readonly parameters: CheckoutRow['parameters'];
}

/** What a step may change. */
export interface CheckoutChange {
  readonly state?: CheckoutState;
  readonly hostId?: HostId;
  readonly leaseId?: string;
  readonly version?: number;
  readonly before?: HostBefore;
  readonly fingerprintBefore?: Fingerprint;
  readonly fingerprintAfter?: Fingerprint;
  readonly results?: Json;
  readonly failure?: string;
  readonly evidence?: Json;
  /** Now. */
  readonly isReady?: true;
  readonly isEnded?: true;
  /** The next try to bring it back begins as if nobody had asked for it. */
  readonly isAskedForNoMore?: true;
}

const personaSteps: readonly CheckoutState[] = ['applying', 'testing', 'out'];
const frozenSteps: readonly CheckoutState[] = ['snapshotting', 'preparing', 'reverting', 'quarantined'];
/** Steps that wait for what a host tells. */
const listeningSteps: readonly CheckoutState[] = ['checking', 'applying', 'verifying'];

/** Of a row of `checkouts` as `c`: what its holder wants is all that the host is to have. */
export const hasBorrowed = sql<boolean>`c.ended_at is null and c.state = any(${sql.lit(`{${personaSteps.join()}}`)}::text[])`;

/** What a host is to have while a checkout of it is in this state; when that changes, its agent is to hear. */
export function desiredIn(state: CheckoutState): 'assignments' | 'persona' | 'nothing_new' {
  if (personaSteps.includes(state)) return 'persona';
  return frozenSteps.includes(state) ? 'nothing_new' : 'assignments';
}

/** Of these, the hosts that are to be left alone. */
export async function frozenHosts(db: Executor, hostIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ host_id: string }>`
    select host_id from checkouts where ended_at is null and host_id = any(${hostIds}::text[])
      and state = any(${frozenSteps}::text[])`.execute(db);
  return new Set(rows.map(({ host_id }) => host_id));
}

export async function insertCheckout(tx: Executor, checkout: NewCheckout): Promise<CheckoutRow> {
  const row = await tx
    .insertInto('checkouts')
    .values({
      checkout_id: checkout.checkoutId,
      flow_id: checkout.flowId,
      holder: checkout.holder,
      request: jsonbText(checkout.request),
      priority: checkout.request.priority,
      candidates: [...checkout.candidates],
      persona_id: checkout.personaId,
      version: checkout.version,
      parameters: jsonbText(checkout.parameters),
      state: 'waiting',
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return checkoutOf(row);
}

export async function findCheckout(db: Executor, checkoutId: string): Promise<CheckoutRow | null> {
  const row = await oneWithId(db, checkoutId).executeTakeFirst();
  return row === undefined ? null : checkoutOf(row);
}

/** Nobody else changes it before the transaction ends. */
export async function lockCheckout(tx: Executor, checkoutId: string): Promise<CheckoutRow | null> {
  const row = await oneWithId(tx, checkoutId).forUpdate().executeTakeFirst();
  return row === undefined ? null : checkoutOf(row);
}

function oneWithId(db: Executor, checkoutId: string) {
  return db.selectFrom('checkouts').selectAll().where('checkout_id', '=', checkoutId);
}

/** The one that has the host in hand. */
export async function checkoutOfHost(db: Executor, hostId: HostId): Promise<CheckoutRow | null> {
  const row = await db
    .selectFrom('checkouts')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('ended_at', 'is', null)
    .where('state', 'not in', ['waiting', 'booked', 'checking'])
    .executeTakeFirst();
  return row === undefined ? null : checkoutOf(row);
}

export async function changeCheckout(tx: Executor, checkoutId: string, change: CheckoutChange): Promise<void> {
  const now = sql<Date>`now()`;
  const text = (value: unknown) => jsonbText(value);
  const { state, hostId, leaseId, version, before, fingerprintBefore, fingerprintAfter } = change;
  const { results, failure, evidence, isReady, isEnded, isAskedForNoMore } = change;
  await tx
    .updateTable('checkouts')
    .set({
      ...(state === undefined
        ? {}
        : { state, state_since: sql<Date>`case when state = ${state} then state_since else now() end` }),
      ...(hostId === undefined ? {} : { host_id: hostId }),
      ...(leaseId === undefined ? {} : { lease_id: leaseId }),
      ...(version === undefined ? {} : { version }),
      ...(before === undefined ? {} : { before: text(before) }),
      ...(fingerprintBefore === undefined ? {} : { fingerprint_before: text(fingerprintBefore) }),
      ...(fingerprintAfter === undefined ? {} : { fingerprint_after: text(fingerprintAfter) }),
      ...(results === undefined ? {} : { results: text(results) }),
      ...(failure === undefined ? {} : { failure }),
      ...(evidence === undefined ? {} : { evidence: text(evidence) }),
      ...(isReady === undefined ? {} : { ready_at: now }),
      ...(isEnded === undefined ? {} : { ended_at: now }),
      ...(isAskedForNoMore === undefined ? {} : { returned_at: null }),
    })
    .where('checkout_id', '=', checkoutId)
    .execute();
}

export async function markReturned(tx: Executor, checkoutId: string, by: string): Promise<void> {
  await tx
    .updateTable('checkouts')
    .set({ returned_at: sql<Date>`now()`, returned_by: by })
    .where('checkout_id', '=', checkoutId)
    .where('returned_at', 'is', null)
    .execute();
}

export async function markReleased(tx: Executor, checkoutId: string, by: string): Promise<void> {
  await tx.updateTable('checkouts').set({ released_by: by }).where('checkout_id', '=', checkoutId).execute();
}

/** Highest priority first, then oldest. */
export async function waitingCheckouts(db: Executor, limit: number): Promise<readonly CheckoutRow[]> {
  const rows = await db
    .selectFrom('checkouts')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('lease_id', 'is', null)
    .where('returned_at', 'is', null)
    .orderBy('priority', 'desc')
    .orderBy('created_at')
    .orderBy('checkout_id')
    .limit(limit)
    .execute();
  return rows.map(checkoutOf);
}

/** One that is not over, with that persona. */
export async function checkoutWith(db: Executor, personaId: PersonaId): Promise<string | null> {
  const row = await db
    .selectFrom('checkouts')
    .select('checkout_id')
    .where('persona_id', '=', personaId)
    .where('ended_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row?.checkout_id ?? null;
}

export async function countOpenOf(db: Executor, holder: string): Promise<number> {
  const row = await db
    .selectFrom('checkouts')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('holder', '=', holder)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export interface CheckoutFilter extends PageRequest {
  readonly hostId?: HostId | undefined;
  readonly withEnded: boolean;
}

/** Newest first. */
export async function listCheckouts(db: Executor, filter: CheckoutFilter): Promise<Page<CheckoutRow>> {
  const { hostId, withEnded, cursor, limit } = filter;
  let query = db
    .selectFrom('checkouts')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('checkout_id', 'desc')
    .limit(limit + 1);
  if (hostId !== undefined) query = query.where('host_id', '=', hostId);
  if (!withEnded) query = query.where('ended_at', 'is', null);
  if (cursor !== undefined)
    query = query.where(
      sql<boolean>`(created_at, checkout_id) < (select created_at, checkout_id from checkouts where checkout_id = ${cursor})`,
    );
  return pageOf((await query.execute()).map(checkoutOf), limit, ({ checkoutId }) => checkoutId);
}

/** Those that wait for what these hosts tell; true when there are any. Signal `flow` then. */
export function wakeListening(tx: Executor, hosts: readonly string[]): Promise<boolean> {
  return wakeIn(tx, hosts, listeningSteps);
}

/** Those whose turn to have these hosts may have come. */
export function wakeBooked(tx: Executor, hosts: readonly string[]): Promise<boolean> {
  return wakeIn(tx, hosts, ['booked']);
}

async function wakeIn(tx: Executor, hosts: readonly string[], states: readonly CheckoutState[]): Promise<boolean> {
  if (hosts.length === 0) return false;
  const rows = await tx
    .selectFrom('checkouts')
    .select('flow_id')
    .where('ended_at', 'is', null)
    .where(sql<boolean>`host_id = any(${hosts}::text[])`)
    .where('state', 'in', states)
    .execute();
  await wakeFlows(
    tx,
    rows.map(({ flow_id }) => flow_id),
  );
  return rows.length > 0;
}

/** One process at a time gives hosts to those that wait. */
export async function lockQueue(tx: Executor): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('checkouts waiting', 0))`.execute(tx);
}

function checkoutOf(row: Selectable<Tables['checkouts']>): CheckoutRow {
  return {
    checkoutId: row.checkout_id,
    flowId: row.flow_id,
    holder: row.holder,
    request: row.request as CheckoutRequest,
    candidates: row.candidates as HostId[],
    personaId: row.persona_id as PersonaId | null,
    version: row.version,
    parameters: row.parameters,
    state: row.state as CheckoutState,
    stateSince: row.state_since,
    hostId: row.host_id as HostId | null,
    leaseId: row.lease_id,
    before: row.before as HostBefore | null,
    fingerprintBefore: row.fingerprint_before as Fingerprint | null,
    fingerprintAfter: row.fingerprint_after as Fingerprint | null,
    results: row.results as Json,
    failure: row.failure,
    evidence: row.evidence as Json,
    returnedAt: row.returned_at,
    releasedBy: row.released_by,
    createdAt: row.created_at,
    readyAt: row.ready_at,
    endedAt: row.ended_at,
  };
}
