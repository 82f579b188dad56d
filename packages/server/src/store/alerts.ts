/**
 * Alerts as hosts report them, from their first instant until they are over.
 *
 * Shape of a report: all that last, and those that ended. So an alert that lasts here and is missing there is over as well: the host
 * that raised it knows no more of it. Idempotent; an alert that ended never begins again, its next time is another alert.
 */
import type { AlertReport, HostId, Json } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Signal } from './signal.ts';

export interface Alert extends AlertReport {
  readonly alert_id: number;
  readonly host_id: HostId;
}

interface AlertFacts {
  readonly host_id: string;
  readonly key: string;
  readonly type: string;
  readonly severity: string;
  readonly message: string;
}

/** What watchers and webhooks are told of an alert. */
export interface AlertNews {
  readonly subject: string;
  readonly data: Json;
}

export interface AlertTurn {
  readonly turn: 'raised' | 'cleared';
  readonly news: AlertNews;
}

/** The reports of one host since the last writing, oldest first. */
export type AlertReports = ReadonlyMap<string, readonly (readonly AlertReport[])[]>;

/** What began and what ended by this. */
export async function writeAlerts(tx: Executor, reports: AlertReports): Promise<readonly AlertTurn[]> {
  if (reports.size === 0) return [];
  const rows = [...reports].flatMap(([host_id, each]) => merged(each).map((alert) => ({ host_id, ...alert })));
  const { rows: turns } = await sql<AlertFacts & { began: boolean; ended: boolean }>`
    with new as (
      select r.host_id, r.key, r.type, r.severity, r.instance, r.message, r.raised_at,
        coalesce(r.cleared_at, case when r.over then now() end) as cleared_at
      from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as r(host_id text, key text, type text, severity text,
        instance text, message text, raised_at timestamptz, cleared_at timestamptz, over boolean) join hosts using (host_id)
    ), before as (
      select a.host_id, a.key, a.raised_at, a.cleared_at from alerts a join new using (host_id, key, raised_at)
    ), written as (
      insert into alerts (host_id, key, type, severity, instance, message, raised_at, cleared_at)
      select host_id, key, type, severity, instance, message, raised_at, cleared_at from new order by host_id, key, raised_at
      on conflict (host_id, key, raised_at) do update set severity = excluded.severity, message = excluded.message,
        cleared_at = coalesce(alerts.cleared_at, excluded.cleared_at)
      returning host_id, key, raised_at, cleared_at, type, severity, message
    ), gone as (
      update alerts a set cleared_at = now() where a.host_id = any(${[...reports.keys()]}::text[]) and a.cleared_at is null and a.type not in ('identity', 'contention')
        and not exists (select from new n where n.host_id = a.host_id and n.key = a.key and n.raised_at = a.raised_at)
      returning a.host_id, a.key, a.type, a.severity, a.message
    )
    select w.host_id, w.key, w.type, w.severity, w.message, b.host_id is null as began, w.cleared_at is not null and b.cleared_at is null as ended
      from written w left join before b using (host_id, key, raised_at)
    union all
    select host_id, key, type, severity, message, false, true from gone
    order by 1, 2`.execute(tx);
  await forgetOld(tx, [...reports.keys()]);
  return turns.flatMap(({ began, ended, ...alert }) => [
    ...(began ? [{ turn: 'raised' as const, news: newsOf(alert) }] : []),
    ...(ended ? [{ turn: 'cleared' as const, news: newsOf(alert) }] : []),
  ]);
}

/** An alert of the control plane itself, which no host can take back. */
export interface OwnAlert {
  readonly key: 'identity' | 'contention';
  readonly severity: 'page' | 'warning';
}

export const identityAlert: OwnAlert = { key: 'identity', severity: 'page' };
/** What a host lacks on a machine that several contend for. */
export const contentionAlert: OwnAlert = { key: 'contention', severity: 'warning' };

/** Null is over. What lasts already gets the new words. What began or ended by this, if anything did. */
export async function setOwnAlert(
  tx: Executor,
  hostId: HostId,
  { key, severity }: OwnAlert,
  message: string | null,
): Promise<readonly AlertTurn[]> {
  const lasting = sql`host_id = ${hostId} and key = ${key} and type = ${key} and cleared_at is null`;
  const facts = sql`returning host_id, key, type, severity, message`;
  if (message === null) {
    const { rows } = await sql<AlertFacts>`update alerts set cleared_at = now() where ${lasting} ${facts}`.execute(tx);
    return rows.map((alert) => ({ turn: 'cleared', news: newsOf(alert) }));
  }
  const { numAffectedRows } = await sql`update alerts set message = ${message} where ${lasting}`.execute(tx);
  if (numAffectedRows !== 0n) return [];
  const { rows } = await sql<AlertFacts>`insert into alerts (host_id, key, type, severity, message, raised_at)
    select host_id, ${key}, ${key}, ${severity}, ${message}, now() from hosts where host_id = ${hostId} ${facts}`.execute(
    tx,
  );
  return rows.map((alert) => ({ turn: 'raised', news: newsOf(alert) }));
}

/** For whoever watches. */
export function alertSignals(turns: readonly AlertTurn[]): readonly Signal[] {
  return turns.map(({ turn, news }) => ({ type: 'event', event: `alert.${turn}`, ...news }));
}

function newsOf({ host_id, key, type, severity, message }: AlertFacts): AlertNews {
  return { subject: `${host_id}/${key}`, data: { host_id, key, type, severity, message } };
}

/** One entry an alert. It is over when a report said so, or when the last one does not name it. */
function merged(reports: readonly (readonly AlertReport[])[]): readonly (AlertReport & { readonly over: boolean })[] {
  const named = new Set((reports.at(-1) ?? []).map(identityOf));
  const byIdentity = new Map<string, AlertReport>();
  for (const alert of reports.flat()) {
    const cleared_at = byIdentity.get(identityOf(alert))?.cleared_at ?? alert.cleared_at;
    byIdentity.set(identityOf(alert), { ...alert, cleared_at });
  }
  return [...byIdentity].map(([identity, alert]) => ({ ...alert, over: !named.has(identity) }));
}

function identityOf({ key, raised_at }: AlertReport): string {
  return `${Date.parse(raised_at)} ${key}`;
}

async function forgetOld(tx: Executor, hostIds: readonly string[]): Promise<void> {
  await sql`delete from alerts a using (
      select alert_id, row_number() over (partition by host_id order by alert_id desc) as place
      from alerts where host_id = any(${hostIds}::text[])
    ) placed where a.alert_id = placed.alert_id and a.cleared_at is not null and place > ${limits.alertsKeptPerHost}`.execute(
    tx,
  );
}

export interface AlertFilter extends PageRequest {
  readonly host_id?: HostId | undefined;
  readonly active?: boolean | undefined;
}

export async function listAlerts(db: Executor, filter: AlertFilter): Promise<Page<Alert>> {
  let query = db
    .selectFrom('alerts')
    .selectAll()
    .orderBy('alert_id', 'desc')
    .limit(filter.limit + 1);
  if (filter.host_id !== undefined) query = query.where('host_id', '=', filter.host_id);
  if (filter.active !== undefined) query = query.where('cleared_at', filter.active ? 'is' : 'is not', null);
  if (filter.cursor !== undefined) query = query.where('alert_id', '<', filter.cursor);
  const rows = await query.execute();
  const alerts = rows.map((row) => ({
    ...row,
    alert_id: Number(row.alert_id),
    host_id: row.host_id as HostId,
    type: row.type as Alert['type'],
    raised_at: row.raised_at.toISOString(),
    cleared_at: row.cleared_at?.toISOString() ?? null,
  }));
  return pageOf(alerts, filter.limit, ({ alert_id }) => String(alert_id));
}

export async function countActiveAlerts(
  db: Executor,
): Promise<readonly { readonly type: string; readonly severity: string; readonly alerts: number }[]> {
  const { rows } = await sql<{ type: string; severity: string; alerts: number }>`
    select type, severity, count(*)::integer as alerts from alerts where cleared_at is null group by 1, 2 order by 1, 2`.execute(
    db,
  );
  return rows;
}

/** What a host says is wrong with one instance now; null when that is nothing. Drift is somebody else's hand, and no fault of it. */
export async function lastingAlertOf(db: Executor, hostId: HostId, instance: string): Promise<string | null> {
  const row = await db
    .selectFrom('alerts')
    .select('message')
    .where('host_id', '=', hostId)
    .where('instance', '=', instance)
    .where('type', '<>', 'drift')
    .where('cleared_at', 'is', null)
    .orderBy('alert_id')
    .limit(1)
    .executeTakeFirst();
  return row?.message ?? null;
}
