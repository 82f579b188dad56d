import type { HostId, PersonaId } from '@guise/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate } from '../store/desired.ts';
import { desiredLayers } from './desired-layers.ts';

const candidate: fc.Arbitrary<Candidate> = fc.record({
  host_id: fc.constant('h1' as HostId),
  target_type: fc.constantFrom('host', 'tag', 'group', 'persona_group'),
  target: fc.constantFrom('a', 'b', 'c'),
  instance: fc.constantFrom('x', 'y', 'z'),
  persona_id: fc.constantFrom('web' as PersonaId, 'db' as PersonaId),
  version: fc.integer({ min: 1, max: 3 }),
  digest: fc.constant('sha256:0'),
  newest: fc.constant(3),
  is_signed: fc.constant(true),
  rollback: fc.constant(null),
  priority: fc.constantFrom(10, 50),
  parameters: fc.constant({}),
  assigned_by: fc.constant('alice'),
  secrets: fc.constant([]),
});

/** As in the database: one assignment for each target and instance. */
const candidates = fc.uniqueArray(candidate, {
  selector: ({ target_type, target, instance }) => `${target_type} ${target} ${instance}`,
});

it('does not depend on the order of the candidates', () => {
  const reordered = candidates.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(reordered, ([one, other]) => {
      expect(desiredLayers(other)).toEqual(desiredLayers(one));
    }),
  );
});

it('makes one layer of each instance name, sorted', () => {
  fc.assert(
    fc.property(candidates, (list) => {
      const desired = desiredLayers(list);
      const names = [...new Set(list.map(({ instance }) => instance))].sort();
      expect(desired.type === 'layers' && desired.layers.map(({ instance }) => instance)).toEqual(names);
    }),
  );
});
