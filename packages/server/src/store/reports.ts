/** What hosts reported: their state, their transactions, and how far they followed. Written in batches, idempotent. */
import type { SwitchOutcome } from '@guise/api';
import type { HostId, LayerRef, StateReport, TransactionReport } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface ReportBatch {
  readonly states: ReadonlyMap<string, StateReport>;
  readonly transactions: readonly { readonly host_id: string; readonly report: TransactionReport }[];
  /** What the last desired state came to, by host. */
  readonly outcomes: ReadonlyMap<string, SwitchOutcome>;
}

/** The transactions that were not known, or not as they are now. */
export async function writeReports(tx: Executor, batch: ReportBatch): Promise<readonly TransactionKey[]> {
  await writeStates(tx, batch.states);
  const news = await writeTransactions(tx, batch.transactions);
  await writeOutcomes(tx, batch.outcomes);
  return news;
}

export interface TransactionKey {
  readonly host_id: string;
  readonly transaction_id: string;
}

async function writeStates(tx: Executor, states: ReportBatch['states']): Promise<void> {
  if (states.size === 0) return;
  const rows = [...states].map(([host_id, report]) => ({ host_id, report }));
  await sql`insert into host_states (host_id, report)
    select new.host_id, new.report from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as new(host_id text, report jsonb)
      join hosts using (host_id) order by new.host_id
    on conflict (host_id) do update set report = excluded.report, reported_at = now()`.execute(tx);
}

async function writeTransactions(
  tx: Executor,
  transactions: ReportBatch['transactions'],
): Promise<readonly TransactionKey[]> {
  if (transactions.length === 0) return [];
  const rows = [...new Map(transactions.map((item) => [`${item.host_id} ${item.report.id}`, item])).values()];
  const { rows: news } = await sql<TransactionKey>`insert into transactions (host_id, transaction_id, report)
    select new.host_id, new.report->>'id', new.report
      from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as new(host_id text, report jsonb)
      join hosts using (host_id) order by 1, 2
    on conflict (host_id, transaction_id) do update set report = excluded.report
      where transactions.report <> excluded.report
    returning host_id, transaction_id`.execute(tx);
  await sql`delete from transactions t using (
      select host_id, transaction_id from (
        select host_id, transaction_id,
          row_number() over newest_first as place,
          sum(pg_column_size(report)) over (newest_first rows unbounded preceding) as bytes
        from transactions where host_id = any(${[...new Set(rows.map((row) => row.host_id))]}::text[])
        window newest_first as (partition by host_id order by transaction_id desc)
      ) placed where place > ${limits.historyEntries} or (place > 1 and bytes > ${limits.historyBytesPerHost})
    ) old where t.host_id = old.host_id and t.transaction_id = old.transaction_id`.execute(tx);
  return news;
}

async function writeOutcomes(tx: Executor, outcomes: ReportBatch['outcomes']): Promise<void> {
  if (outcomes.size === 0) return;
  const rows = [...outcomes].map(([host_id, outcome]) => ({
    host_id,
    outcome,
    applied: isApplied(outcome) ? outcome.generation : null,
  }));
  await sql`with new as (
      select * from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as r(host_id text, outcome jsonb, applied integer)
    ), locked as (
      select d.host_id from desired d join new using (host_id) order by d.host_id for update of d
    )
    update desired set outcome = new.outcome, applied_generation = coalesce(new.applied, applied_generation)
    from new join locked using (host_id) where desired.host_id = new.host_id`.execute(tx);
}

function isApplied({ result }: SwitchOutcome): boolean {
  return result === 'unchanged' || result === 'committed';
}

export async function findState(
  db: Executor,
  hostId: HostId,
): Promise<{ readonly reported_at: string | null; readonly state: StateReport | null }> {
  const row = await db.selectFrom('host_states').selectAll().where('host_id', '=', hostId).executeTakeFirst();
  if (row === undefined) return { reported_at: null, state: null };
  return { reported_at: row.reported_at.toISOString(), state: row.report as StateReport };
}

export async function listHistory(db: Executor, hostId: HostId, page: PageRequest): Promise<Page<TransactionReport>> {
  let query = db
    .selectFrom('transactions')
    .select('report')
    .where('host_id', '=', hostId)
    .orderBy('transaction_id', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('transaction_id', '<', page.cursor);
  const rows = await query.execute();
  return pageOf(
    rows.map((row) => row.report as TransactionReport),
    page.limit,
    (report) => report.id,
  );
}

/** What was active before the last switch that changed it, as the host reported it; empty when none is known. */
export async function layersBeforeLast(db: Executor, hostId: HostId): Promise<readonly LayerRef[]> {
  const { rows } = await sql<{ layers: readonly LayerRef[] }>`
    select report->'layers_before' as layers from transactions where host_id = ${hostId} and report->>'status' = 'committed'
      and report->'layers_before' <> report->'layers_after' order by transaction_id desc limit 1`.execute(db);
  return rows[0]?.layers ?? [];
}

/** Ids sort by time, so the agent can tell which ones we miss. */
export async function lastTransaction(db: Executor, hostId: HostId): Promise<string | null> {
  const row = await db
    .selectFrom('transactions')
    .select('transaction_id')
    .where('host_id', '=', hostId)
    .orderBy('transaction_id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.transaction_id ?? null;
}

/** What a transaction says went wrong; null when it does not say so, or is not known. */
export async function transactionError(db: Executor, hostId: HostId, transactionId: string): Promise<string | null> {
  const { rows } = await sql<{ message: string | null }>`
    select report->'error'->>'message' as message from transactions
    where host_id = ${hostId} and transaction_id = ${transactionId}`.execute(db);
  return rows[0]?.message ?? null;
}
