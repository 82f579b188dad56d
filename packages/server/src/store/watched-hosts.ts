/** The hosts that tags select now, all of them or of those that are named: what is watched of the fleet. */
import type { LabelTerm } from '@guise/decide/placement';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { tagCondition } from './hosts.ts';

export async function hostsSelected(
  db: Executor,
  terms: readonly LabelTerm[],
  among: readonly string[] | null,
): Promise<ReadonlySet<string>> {
  let query = db.selectFrom('hosts').select('host_id');
  if (among !== null) query = query.where(sql<boolean>`host_id = any(${among}::text[])`);
  for (const term of terms) query = query.where(tagCondition(term));
  return new Set((await query.execute()).map(({ host_id }) => host_id));
}
