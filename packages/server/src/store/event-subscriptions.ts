/**
 * Which events a persona's triggers wait for, by type and source, so that an event is sent only where it can matter.
 *
 * Shape: persona → patterns of SQL's LIKE; `*` matches any text, and so does whatever depends on parameters or the host. Too many
 * hosts may match, never too few: the triggers on each host look again.
 */
import type { ResolvedPersona } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface SubscriptionPatterns {
  readonly type: string;
  readonly source: string;
}

export interface EventName {
  readonly type: string;
  readonly source: string;
}

export interface PersonaVersion {
  readonly persona_id: string;
  readonly version: number;
}

const subscriptionKey = 'external_event_subscriptions';

export function subscriptionsOf({ own, ancestors }: ResolvedPersona): readonly SubscriptionPatterns[] {
  const trees = [...ancestors, own].flatMap(({ document }) => [
    document.activation_triggers,
    document.deactivation_triggers,
  ]);
  const patterns = trees.flatMap(leavesOf).map(({ type, source }) => ({ type: like(type), source: like(source) }));
  return [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()];
}

/** Every subscription below a part of a tree, however it is nested. */
function leavesOf(node: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(leavesOf);
  return Object.entries(node).flatMap(([key, value]) =>
    key === subscriptionKey
      ? [value].flat().filter((leaf) => typeof leaf === 'object' && leaf !== null)
      : leavesOf(value),
  );
}

function like(name: unknown): string {
  if (typeof name !== 'string') return '%';
  return name
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll(/\{\{.*?\}\}/gs, '*')
    .replaceAll('*', '%');
}

export async function insertSubscriptions(
  tx: Executor,
  { persona_id, version }: PersonaVersion,
  patterns: readonly SubscriptionPatterns[],
): Promise<void> {
  if (patterns.length === 0) return;
  await tx
    .insertInto('event_subscriptions')
    .values(patterns.map(({ type, source }) => ({ persona_id, version, type_pattern: type, source_pattern: source })))
    .execute();
}

/** For each name the persona versions that wait for it, current or not. */
export async function subscribedPersonas(
  db: Executor,
  names: readonly EventName[],
): Promise<readonly (readonly PersonaVersion[])[]> {
  const found: PersonaVersion[][] = names.map(() => []);
  const { rows } = await sql<PersonaVersion & { readonly place: number }>`
    select distinct asked.place::integer as place, s.persona_id, s.version
    from unnest(${names.map(({ type }) => type)}::text[], ${names.map(({ source }) => source)}::text[])
        with ordinality as asked(type, source, place)
      join event_subscriptions s on asked.type like s.type_pattern and asked.source like s.source_pattern
    order by 1, 2, 3`.execute(db);
  for (const { place, ...persona } of rows) found[place - 1]?.push(persona);
  return found;
}

/** Of the versions that were published before subscriptions were kept. */
export async function fillSubscriptions(tx: Executor): Promise<void> {
  const rows = await tx
    .selectFrom('persona_versions')
    .select(['persona_id', 'version', 'content'])
    .where('content', 'like', `%${subscriptionKey}%`)
    .execute();
  for (const row of rows)
    await insertSubscriptions(tx, row, subscriptionsOf(JSON.parse(row.content) as ResolvedPersona));
}
