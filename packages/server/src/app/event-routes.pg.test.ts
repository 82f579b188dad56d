/** Whom an event is for, against what the desired state of each host says: two ways to the same answer, over random fleets. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../store/database.ts';
import { readCandidates } from '../store/desired.ts';
import { hostsInScope } from '../store/hosts-in-scope.ts';
import { TestDatabase } from '../store/test-database.ts';
import { routeEvents } from './event-routes.ts';

const test = new TestDatabase();
beforeAll(() => test.start());
afterAll(() => test.stop());

const hosts = ['h1', 'h2', 'h3'];
const personas = ['p1', 'p2'];
const host = fc.constantFrom(...hosts);
const persona = fc.constantFrom(...personas);
const version = fc.constantFrom(1, 2);
const group = fc.constantFrom('edge', 'core');

const fleet = fc.record({
  /** Of each persona and version: what it waits for. */
  waits: fc.tuple(...personas.flatMap(() => [1, 2]).map(() => fc.subarray(['a', 'b']))),
  documentGroups: fc.tuple(...personas.flatMap(() => [1, 2]).map(() => fc.subarray(['edge', 'core']))),
  current: fc.tuple(version, version),
  deleted: fc.tuple(fc.boolean(), fc.boolean()),
  tags: fc.tuple(...hosts.map(() => fc.record({ persona_group: group, role: group }, { requiredKeys: [] }))),
  hostGroups: fc.uniqueArray(fc.record({ group, host }), { selector: JSON.stringify }),
  personaGroups: fc.uniqueArray(fc.record({ group, persona }), { selector: JSON.stringify }),
  assignments: fc.uniqueArray(
    fc.record({
      target: fc.oneof(
        fc.record({ type: fc.constant('host'), name: host }),
        fc.record({ type: fc.constant('group'), name: group }),
        fc.record({ type: fc.constant('tag'), name: group.map((name) => `role=${name}`) }),
      ),
      persona,
      version: fc.option(version),
    }),
    { selector: ({ target, persona: id }) => `${target.type} ${target.name} ${id}`, maxLength: 4 },
  ),
});

type Fleet = typeof fleet extends fc.Arbitrary<infer Value> ? Value : never;

const versions = personas.flatMap((id) => [1, 2].map((number) => ({ id, number })));

async function write(db: Database, drawn: Fleet): Promise<void> {
  await sql`truncate hosts, personas, persona_versions, assignments, event_subscriptions cascade`.execute(db);
  await db.transaction().execute(async (tx) => {
    for (const [index, id] of personas.entries()) {
      await sql`insert into personas (persona_id, current_version, last_version, deleted_at)
        values (${id}, ${drawn.current[index]}, 2, ${drawn.deleted[index] ? new Date(0) : null})`.execute(tx);
    }
    for (const [index, { id, number }] of versions.entries()) {
      await sql`insert into persona_versions (persona_id, version, digest, persona_groups, priority, content, published_by)
        values (${id}, ${number}, ${`${number}`}, ${drawn.documentGroups[index]}, 50, '{}', 'alice')`.execute(tx);
      for (const type of drawn.waits[index] ?? [])
        await sql`insert into event_subscriptions values (${id}, ${number}, ${type}, '%')`.execute(tx);
    }
    for (const [index, id] of hosts.entries())
      await sql`insert into hosts (host_id, tags) values (${id}, ${JSON.stringify(drawn.tags[index])})`.execute(tx);
    for (const each of drawn.hostGroups)
      await sql`insert into host_group_members values (${each.group}, ${each.host})`.execute(tx);
    for (const each of drawn.personaGroups)
      await sql`insert into persona_group_members values (${each.group}, ${each.persona}, 'bob')`.execute(tx);
    for (const { target, persona: id, version: number } of drawn.assignments)
      await sql`insert into assignments (target_type, target, instance, persona_id, parameters, version, assigned_by)
        values (${target.type}, ${target.name}, ${id}, ${id}, '{}', ${number}, 'carol')`.execute(tx);
  });
}

it('is exactly the hosts that have a candidate which waits for it', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async (drawn) => {
      await write(test.database, drawn);
      const candidates = await readCandidates(test.database, hosts);
      const types = ['a', 'b', 'c'];
      const events = types.map((type) => ({ specversion: '1.0' as const, id: type, source: '/x', type }));
      const routes = await routeEvents(test.database, events);
      for (const [index, type] of types.entries()) {
        const waiting = candidates.filter(({ persona_id, version: number }) =>
          drawn.waits[versions.findIndex((each) => each.id === persona_id && each.number === number)]?.includes(type),
        );
        expect([...(routes[index] ?? [])].sort()).toEqual([...new Set(waiting.map(({ host_id }) => host_id))].sort());
      }
    }),
    { numRuns: 25 },
  );
});

it('of a change to a persona, is every host that has it as a candidate', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async (drawn) => {
      await write(test.database, drawn);
      const candidates = await readCandidates(test.database, hosts);
      for (const id of personas) {
        const having = candidates.filter(({ persona_id }) => persona_id === id).map(({ host_id }) => host_id);
        const told = await hostsInScope(test.database, { persona: id });
        expect([...told].sort()).toEqual([...new Set(having)].sort());
      }
    }),
    { numRuns: 25 },
  );
});
