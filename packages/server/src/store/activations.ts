/** What is drawn from pools. Every change of a state is conditional on the state before, so that what comes too late changes nothing. */
import type { Room } from '@guise/decide/placement';
import type { HostId, PersonaId } from '@guise/model';
import { limits } from '@guise/model';
import { type Selectable, sql } from 'kysely';
import type { Executor } from './database.ts';
import { wakeFlows } from './flows.ts';
import { jsonbText } from './jsonb-text.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import { isConnected } from './presence.ts';
import type { Tables } from './tables.ts';

export interface Activation {
  readonly activation_id: string;
  readonly pool_id: string;
  readonly persona_id: PersonaId;
  readonly version: number | null;
  readonly instance: string;
  readonly tenant: string | null;
  readonly parameters: Record<string, string | number | boolean>;
  readonly selector: string | null;
  readonly share: boolean;
  readonly need: Room;
  readonly state: ActivationState;
  readonly spare: boolean;
  readonly host_id: HostId | null;
  readonly taken_at: string | null;
  readonly tries: readonly Try[];
  readonly flow_id: string | null;
  readonly requested_by: string;
  readonly requested_at: string;
  readonly changed_at: string;
}

export type ActivationState = Selectable<Tables['activations']>['state'];

export interface Try {
  readonly host_id: string;
  readonly reason: string;
}

export type NewActivation = Pick<
  Activation,
  | 'pool_id'
  | 'persona_id'
  | 'version'
  | 'instance'
  | 'tenant'
  | 'parameters'
  | 'selector'
  | 'share'
  | 'need'
  | 'spare'
  | 'requested_by'
>;

type Row = Selectable<Tables['activations']>;

/** They are on their host, and what they need is not free there. A spare gives way. */
export const takesRoom: readonly ActivationState[] = ['activating', 'returning', 'active', 'deactivating'];
export const over: readonly ActivationState[] = ['ended', 'failed'];

export async function insertActivation(tx: Executor, activation: NewActivation): Promise<Activation> {
  const row = await tx
    .insertInto('activations')
    .values({
      ...activation,
      parameters: jsonbText(activation.parameters),
      need: jsonbText(activation.need),
      tries: jsonbText([]),
      host_id: null,
      taken_at: null,
      flow_id: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return activationOf(row);
}

export async function findActivation(db: Executor, activationId: string): Promise<Activation | null> {
  const row = await db
    .selectFrom('activations')
    .selectAll()
    .where('activation_id', '=', activationId)
    .executeTakeFirst();
  return row === undefined ? null : activationOf(row);
}

/** Nobody else changes it before this transaction ends. */
export async function lockActivation(tx: Executor, activationId: string): Promise<Activation | null> {
  const row = await tx
    .selectFrom('activations')
    .selectAll()
    .where('activation_id', '=', activationId)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : activationOf(row);
}

export type ActivationChange = Partial<
  Pick<
    Activation,
    'state' | 'host_id' | 'flow_id' | 'requested_by' | 'spare' | 'tries' | 'share' | 'selector' | 'tenant'
  >
>;

/** Taking a host, and having to give one back, begin a time; see `taken_at`. */
export async function changeActivation(
  tx: Executor,
  activationId: string,
  { tries, ...change }: ActivationChange,
): Promise<Activation> {
  const begins = change.state === 'activating' || change.state === 'returning' || change.state === 'deactivating';
  const row = await tx
    .updateTable('activations')
    .set({
      ...change,
      ...(tries === undefined ? {} : { tries: jsonbText(tries.slice(-limits.activationTries)) }),
      ...(begins ? { taken_at: sql<Date>`now()` } : {}),
      changed_at: sql<Date>`now()`,
    })
    .where('activation_id', '=', activationId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return activationOf(row);
}

export async function listActivations(
  db: Executor,
  filter: PageRequest & { readonly pool_id: string; readonly open: boolean },
): Promise<Page<Activation>> {
  let query = db
    .selectFrom('activations')
    .selectAll()
    .where('pool_id', '=', filter.pool_id)
    .orderBy('sequence', 'desc')
    .limit(filter.limit + 1);
  if (filter.open) query = query.where('state', 'not in', over);
  if (filter.cursor !== undefined) query = query.where('sequence', '<', filter.cursor);
  const rows = await query.execute();
  const page = pageOf(rows, filter.limit, ({ sequence }) => sequence);
  return { ...page, items: page.items.map(activationOf) };
}

/** Those that are not over, on one host, by instance. */
export async function activationsOn(db: Executor, hostId: HostId): Promise<readonly Activation[]> {
  const rows = await db
    .selectFrom('activations')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('state', 'not in', over)
    .orderBy('instance')
    .execute();
  return rows.map(activationOf);
}

/** Those that wait on one host for nobody; they are locked. Before the host is, as whoever changes an activation locks it first. */
export async function lockSparesOn(tx: Executor, hostId: HostId): Promise<readonly Activation[]> {
  const rows = await tx
    .selectFrom('activations')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('state', '=', 'warm')
    .orderBy('activation_id')
    .forUpdate()
    .execute();
  return rows.map(activationOf);
}

/** What a host that is forgotten had is over. */
export async function endActivationsOn(tx: Executor, hostId: HostId): Promise<void> {
  await tx
    .updateTable('activations')
    .set({ state: 'ended', changed_at: sql<Date>`now()` })
    .where('host_id', '=', hostId)
    .where('state', 'not in', over)
    .execute();
}

/** A spare that is just what is asked for, on a host that is here; it is locked. */
export async function lockSpare(
  tx: Executor,
  wanted: Pick<Activation, 'pool_id' | 'persona_id' | 'version' | 'instance' | 'parameters'>,
): Promise<readonly { readonly activation: Activation; readonly tags: Record<string, string> }[]> {
  const { pool_id, persona_id, version, instance, parameters } = wanted;
  const { rows } = await sql<Row & { readonly tags: Record<string, string> }>`
    select a.*, hosts.tags from activations a join fleet f using (host_id) join hosts using (host_id)
    where a.pool_id = ${pool_id} and a.state = 'warm' and a.persona_id = ${persona_id} and a.instance = ${instance}
      and a.version is not distinct from ${version}::integer and a.parameters = ${jsonbText(parameters)}::jsonb
      and f.state = 'idle' and ${isConnected}
    order by host_id for update of a, f skip locked limit ${limits.warmHostsPerPool}`.execute(tx);
  return rows.map(({ tags, ...row }) => ({ activation: activationOf(row), tags }));
}

/** Spares that are not over, newest first. */
export async function sparesOf(db: Executor, poolId: string): Promise<readonly Activation[]> {
  const rows = await db
    .selectFrom('activations')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('spare', '=', true)
    .where('state', 'not in', over)
    .orderBy('sequence', 'desc')
    .execute();
  return rows.map(activationOf);
}

/** Whether a spare of this persona could not be made lately. */
export async function spareFailed(db: Executor, poolId: string, personaId: PersonaId): Promise<boolean> {
  const row = await db
    .selectFrom('activations')
    .select('activation_id')
    .where('pool_id', '=', poolId)
    .where('persona_id', '=', personaId)
    .where('spare', '=', true)
    .where('state', '=', 'failed')
    .where(sql<boolean>`changed_at > now() - ${limits.warmRetryMs} * interval '1 millisecond'`)
    .executeTakeFirst();
  return row !== undefined;
}

/** Those that wait for one of these hosts go on. Whether there are any. */
export async function wakeActivationsOn(tx: Executor, hostIds: readonly string[]): Promise<boolean> {
  const rows = await tx
    .selectFrom('activations')
    .select('flow_id')
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .where('state', 'in', ['activating', 'returning', 'deactivating'])
    .execute();
  await wakeFlows(
    tx,
    rows.flatMap(({ flow_id }) => flow_id ?? []),
  );
  return rows.length > 0;
}

/** Those that wait for any host of the pool look again. One whose step ends just now is not waited for, as it might wait for this one. */
export async function wakePending(tx: Executor, poolId: string): Promise<void> {
  await sql`
    update flows set due_at = now(), woken = true where flow_id in (
      select flow_id from flows where ended_at is null and flow_id in (
        select flow_id from activations where pool_id = ${poolId} and state = 'pending')
      for update skip locked)`.execute(tx);
}

function activationOf({ sequence: _sequence, ...row }: Row): Activation {
  return {
    ...row,
    persona_id: row.persona_id as PersonaId,
    host_id: row.host_id as HostId | null,
    tries: row.tries as readonly Try[],
    taken_at: row.taken_at?.toISOString() ?? null,
    requested_at: row.requested_at.toISOString(),
    changed_at: row.changed_at.toISOString(),
  };
}
