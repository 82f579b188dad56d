/** The audit trail: who did what to what, why, and what it was before and after. Entries get their places in the log later; see audit-log.ts. */
import type { LoggedEntry } from '@guise/decide/audit';
import type { Json } from '@guise/model';
import { digestOfBytes, limits } from '@guise/model';
import type { Selectable } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';

export interface AuditRecord {
  /** The route's Cedar action; `host:transaction` and `host:switch` for what hosts report. */
  readonly action: string;
  /** `persona/web`, `host/web-1`, `tag/role=web`. */
  readonly resource: string;
  /** Never a secret. Of more than `limits.auditDetailBytes` the entry has the digest. */
  readonly detail: Json;
  /** Why it happened, when not because somebody asked: `trigger`, `assignment`, a transaction id. */
  readonly cause?: string;
  /** Digests of what it was and became, where that has one. */
  readonly before?: string | null;
  readonly after?: string | null;
  /** Default: `done`. */
  readonly outcome?: 'done' | 'denied' | 'failed';
}

export interface AuditEntry extends LoggedEntry {
  readonly outcome: 'done' | 'denied' | 'failed';
}

export interface AuditFilter extends PageRequest {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
}

export function insertAudit(tx: Executor, actor: string, record: AuditRecord): Promise<void> {
  return insertAudits(tx, [{ actor, ...record }]);
}

/** In one statement, for many at a time. */
export async function insertAudits(
  tx: Executor,
  records: readonly (AuditRecord & { readonly actor: string })[],
): Promise<void> {
  if (records.length === 0) return;
  const rows = records.map(({ actor, action, resource, detail, cause, before, after, outcome }) => ({
    actor,
    action,
    resource,
    detail: boundedText(detail),
    cause: cause ?? null,
    before: before ?? null,
    after: after ?? null,
    outcome: outcome ?? 'done',
  }));
  await tx.insertInto('audit').values(rows).execute();
}

/** Newest first. */
export async function listAudit(db: Executor, filter: AuditFilter): Promise<Page<AuditEntry>> {
  const { actor, action, resource, since, cursor, limit } = filter;
  let query = db
    .selectFrom('audit')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(limit + 1);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (action !== undefined) query = query.where('action', '=', action);
  if (resource !== undefined) query = query.where('resource', '=', resource);
  if (since !== undefined) query = query.where('at', '>=', new Date(since));
  if (cursor !== undefined) query = query.where('sequence', '<', cursor);
  const rows = await query.execute();
  return pageOf(rows.map(entryOf), limit, (entry) => String(entry.sequence));
}

/** As it is hashed: what jsonb made of the detail, not what was written. */
export function entryOf(row: Selectable<Tables['audit']>): AuditEntry {
  return {
    sequence: Number(row.sequence),
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    resource: row.resource,
    cause: row.cause,
    before: row.before,
    after: row.after,
    outcome: row.outcome,
    detail: row.detail as Json,
  };
}

function boundedText(detail: Json): string {
  const text = jsonbText(detail);
  const bytes = Buffer.from(text);
  if (bytes.length <= limits.auditDetailBytes) return text;
  return jsonbText({ omitted: { size_bytes: bytes.length, digest: digestOfBytes(bytes) } });
}
