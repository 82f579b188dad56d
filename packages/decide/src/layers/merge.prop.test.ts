import type { Address, Json, LayerRef, State } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absentState } from '../kinds/index.ts';
import type { Claim, Operand } from './claim.ts';
import type { Effective, Provenance } from './effective.ts';
import { mergeClaims } from './merge.ts';

type Baselines = ReadonlyMap<Address, State>;

const layers: readonly LayerRef[] = ['a', 'b', 'c', 'd'].map((persona_id, index) => ({
  instance: `${persona_id}-1`,
  persona_id,
  version: null,
  // Two and two tie, so that conflicts are common.
  priority: 50 + 10 * (index % 2),
}));

const someNumber = fc.integer({ min: 0, max: 9 });
const items = fc.array(fc.constantFrom('adm', 'docker', 'sudo', 'www-data'), { maxLength: 3 });

/** What layers say about one field of each merging style: numbers as text, limits, sets, a set of objects, and plain values. */
const somethingSaid = fc.oneof(
  said('sysctl:vm.swappiness', 'value', fc.oneof(plain(someNumber.map(String)), bounds())),
  said('limit:shop.service', 'tasks_max', fc.oneof(plain(someNumber), bounds())),
  said('user:deploy', 'groups', fc.oneof(plain(items), changesTo(items))),
  said('firewall:inet', 'allow', fc.oneof(plain(rules()), changesTo(rules()))),
  said(
    'package:nginx',
    'version',
    fc.oneof(plain(fc.constantFrom(null, '1.0', '2.0')), fc.constant([{ unset: true }] as const)),
  ),
);

const someClaims: fc.Arbitrary<readonly Claim[]> = fc
  .uniqueArray(fc.record({ said: somethingSaid, layer: fc.constantFrom(...layers), depth: fc.nat(2) }), {
    selector: ({ said: { address }, layer, depth }) => `${address} ${layer.instance} ${depth}`,
    maxLength: 16,
  })
  .map((claims) =>
    claims.map(({ said: what, ...rest }) => ({ ...what, ...rest, at: { file: 'x', line: 1, column: 1, path: 'x' } })),
  );

const someBaselines: fc.Arbitrary<Baselines> = fc
  .record({
    swappiness: fc.option(someNumber),
    tasks: fc.option(someNumber),
    groups: items,
    version: fc.option(fc.constant('1.0')),
  })
  .map(({ swappiness, tasks, groups, version }) => {
    const user = { ...absentState('user'), present: true, groups: [...new Set(groups)].sort() };
    return new Map<Address, State>([
      ['sysctl:vm.swappiness', { value: swappiness === null ? null : String(swappiness) }],
      ['limit:shop.service', { ...absentState('limit'), tasks_max: tasks }],
      ['user:deploy', user],
      ['package:nginx', { version }],
      ['sysctl:vm.untouched', { value: '1' }],
    ]);
  });

describe('merging', () => {
  it('does not depend on the order of claims or baselines', () => {
    fc.assert(
      fc.property(someClaims, someBaselines, fc.infiniteStream(fc.nat()), (claims, baselines, dice) => {
        const keyed = claims.map((claim) => [dice.next().value ?? 0, claim] as const);
        const shuffled = keyed.sort(([a], [b]) => a - b).map(([, claim]) => claim);
        expect(plainly(mergeClaims(shuffled, new Map([...baselines].reverse())))).toEqual(
          plainly(mergeClaims(claims, baselines)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('forgets a layer that leaves, wherever it stood', () => {
    fc.assert(
      fc.property(someClaims, someBaselines, fc.constantFrom(...layers), (claims, baselines, leaving) => {
        const rest = claims.filter((claim) => claim.layer !== leaving);
        const instances = (effective: Effective) =>
          JSON.stringify(plainly(effective)).includes(`"${leaving.instance}"`);
        expect(instances(mergeClaims(rest, baselines))).toBe(false);
        const [none] = [mergeClaims([], baselines)];
        for (const [address, { state }] of none.addresses) expect(state).toBe(baselines.get(address));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every bound that it does not refuse', () => {
    fc.assert(
      fc.property(someClaims, someBaselines, (claims, baselines) => {
        const { addresses } = mergeClaims(claims, baselines);
        const bounded = [
          addresses.get('sysctl:vm.swappiness')?.fields['value'],
          addresses.get('limit:shop.service')?.fields['tasks_max'],
        ];
        expect(bounded.flatMap((field) => (field === undefined ? [] : brokenBounds(field)))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('loses nobody: whoever spoke is the winner, combined, or a loser', () => {
    fc.assert(
      fc.property(someClaims, someBaselines, (claims, baselines) => {
        const { addresses } = mergeClaims(claims, baselines);
        const spoken = claims.flatMap(({ address, field, operands, layer }) =>
          operands.map((operand) => `${address} ${field} ${layer.instance} ${JSON.stringify(operand)}`),
        );
        const heard = [...addresses].flatMap(([address, { fields }]) =>
          Object.entries(fields).flatMap(([field, { winner, combined, losers }]) =>
            [...(typeof winner === 'string' ? [] : [winner]), ...combined, ...losers].map(
              ({ layer, operand }) => `${address} ${field} ${layer.instance} ${JSON.stringify(operand)}`,
            ),
          ),
        );
        expect(heard.sort()).toEqual(spoken.sort());
      }),
      { numRuns: 500 },
    );
  });

  it('gives sets sorted and without repetition', () => {
    fc.assert(
      fc.property(someClaims, someBaselines, (claims, baselines) => {
        const groups = mergeClaims(claims, baselines).addresses.get('user:deploy')?.state['groups'];
        expect(groups).toEqual([...new Set(groups as readonly string[])].sort());
      }),
      { numRuns: 300 },
    );
  });
});

function brokenBounds({ value, winner, combined }: Provenance): readonly Operand[] {
  const number = value === null ? Number.POSITIVE_INFINITY : Number(value);
  const holding = [...combined, ...(typeof winner === 'string' ? [] : [winner])].map(({ operand }) => operand);
  return holding.filter(
    (operand) =>
      ('at_least' in operand && number < operand.at_least) || ('at_most' in operand && number > operand.at_most),
  );
}

function said(address: Address, field: string, operands: fc.Arbitrary<readonly Operand[]>) {
  return operands.map((chosen) => ({ address, field, operands: chosen }));
}

function plain(value: fc.Arbitrary<Json>): fc.Arbitrary<readonly Operand[]> {
  return value.map((set) => [{ set }]);
}

function bounds(): fc.Arbitrary<readonly Operand[]> {
  const low = someNumber.map((at_least) => ({ at_least }));
  const high = someNumber.map((at_most) => ({ at_most }));
  return fc.oneof(fc.tuple(low), fc.tuple(high), fc.tuple(low, high));
}

function changesTo(list: fc.Arbitrary<readonly Json[]>): fc.Arbitrary<readonly Operand[]> {
  const append = list.map((added) => ({ append: added }));
  const remove = list.map((removed) => ({ remove: removed }));
  return fc.oneof(fc.tuple(append), fc.tuple(remove), fc.tuple(append, remove));
}

function rules(): fc.Arbitrary<readonly Json[]> {
  const ports = fc.array(fc.constantFrom('22', '80', '443'), { maxLength: 3 });
  return ports.map((each) => each.map((port) => ({ protocol: 'tcp', port, from: null, verdict: 'accept' })));
}

function plainly(effective: Effective): Json {
  return JSON.parse(JSON.stringify({ addresses: [...effective.addresses], conflicts: effective.conflicts })) as Json;
}
