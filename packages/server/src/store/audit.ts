/** The audit trail: who did what to what, in the order it was committed. */
import type { Json } from '@guise/model';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface AuditRecord {
  /** The route's Cedar action. */
  readonly action: string;
  /** `persona/web`, `host/web-1`, `tag/role=web`. */
  readonly resource: string;
  readonly detail: Json;
  /** Why it happened, when not because somebody asked: `trigger`, `assignment`, a transaction id. */
  readonly cause?: string;
  /** Digests of what it was and became, where that has one. */
  readonly before?: string | null;
  readonly after?: string | null;
  /** Default: `done`. */
  readonly outcome?: 'done' | 'denied' | 'failed';
}

export interface AuditEntry extends AuditRecord {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
}

export async function insertAudit(
  tx: Executor,
  actor: string,
  { action, resource, detail }: AuditRecord,
): Promise<void> {
  await tx
    .insertInto('audit')
    .values({ actor, action, resource, detail: jsonbText(detail) })
    .execute();
}

export async function listAudit(
  db: Executor,
  page: PageRequest & { readonly resource?: string | undefined },
): Promise<Page<AuditEntry>> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(page.limit + 1);
  if (page.resource !== undefined) query = query.where('resource', '=', page.resource);
  if (page.cursor !== undefined) query = query.where('sequence', '<', page.cursor);
  const rows = await query.execute();
  const entries = rows.map((row) => ({
    sequence: Number(row.sequence),
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    resource: row.resource,
    detail: row.detail as Json,
  }));
  return pageOf(entries, page.limit, (entry) => String(entry.sequence));
}
