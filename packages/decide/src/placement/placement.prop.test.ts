/** Where something is placed: never where it does not fit, and the same however the hosts were listed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingTerm, type LabelTerm } from './label-term.ts';
import { freeOf, type Need, type PlacementHost } from './placement-host.ts';
import { PlacementIndex } from './placement-index.ts';
import { rankHosts } from './rank-hosts.ts';
import { fitsIn, type Room, sizeOf, sumOf, without } from './room.ts';

const amount = fc.integer({ min: 0, max: 6 });
const room: fc.Arbitrary<Room> = fc
  .record({ milliCores: amount, memoryMb: amount, storageMb: amount })
  .map(({ milliCores, memoryMb, storageMb }) => ({
    milliCores: milliCores * 500,
    memoryMb: memoryMb * 1000,
    storageMb: storageMb * 9000,
  }));
const labels = fc.record({ env: fc.constantFrom('a', 'b') }, { requiredKeys: [] });
const term = fc.constantFrom<LabelTerm>(
  { type: 'is', key: 'env', value: 'a' },
  { type: 'is_not', key: 'env', value: 'a' },
  { type: 'has', key: 'env' },
);
const persona = fc.constantFrom('web', 'db', 'queue');
const someHost = (id: string) =>
  fc
    .record({
      capacity: room,
      taken: room,
      labels,
      warmFor: fc.option(persona),
      isTold: fc.constantFrom(true, true, true, false),
    })
    .map(
      ({ isTold, capacity, ...host }): PlacementHost => ({
        id,
        ...host,
        capacity: isTold ? sumOf([capacity, capacity]) : { ...capacity, memoryMb: null },
      }),
    );
const someHosts = fc
  .uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 24 })
  .chain((ids) => fc.tuple(...ids.map((id) => someHost(`h${id}`))));
const someNeed: fc.Arbitrary<Need> = fc.record({ persona, room, selector: fc.array(term, { maxLength: 2 }) });

const chosen = (hosts: readonly PlacementHost[], need: Need) => rankHosts(hosts, need).fitting[0] ?? null;
const leftOver = (host: PlacementHost, need: Need) => sizeOf(without(freeOf(host), need.room));

describe('placement', () => {
  it('takes only hosts that are selected and have the room, and says of every other one why not', () => {
    fc.assert(
      fc.property(someHosts, someNeed, (hosts, need) => {
        const { fitting, unfit } = rankHosts(hosts, need);
        for (const host of fitting) {
          expect(fitsIn(need.room, freeOf(host))).toBe(true);
          expect(failingTerm(host.labels, need.selector)).toBeNull();
        }
        for (const { hostId, reason } of unfit) {
          const host = hosts.find(({ id }) => id === hostId)!;
          expect(reason).toMatch(/^it (is not selected by|has .* free, and .* are needed)/);
          expect(fitsIn(need.room, freeOf(host)) && failingTerm(host.labels, need.selector) === null).toBe(false);
        }
        expect([...fitting.map(({ id }) => id), ...unfit.map(({ hostId }) => hostId)].sort()).toEqual(
          hosts.map(({ id }) => id).sort(),
        );
      }),
    );
  });

  it('leaves the least, of those that are as warm', () => {
    fc.assert(
      fc.property(someHosts, someNeed, (hosts, need) => {
        const { fitting } = rankHosts(hosts, need);
        for (const warmFor of [need.persona, null]) {
          const left = fitting.filter((host) => host.warmFor === warmFor).map((host) => leftOver(host, need));
          expect(left).toEqual(left.toSorted((one, other) => (one < other ? -1 : 1)));
        }
        const firstCold = fitting.findIndex(({ warmFor }) => warmFor !== need.persona);
        expect(fitting.findLastIndex(({ warmFor }) => warmFor === need.persona)).toBeLessThan(
          firstCold === -1 ? hosts.length + 1 : firstCold,
        );
      }),
    );
  });

  it('does not depend on the order of the hosts', () => {
    fc.assert(
      fc.property(someHosts, someNeed, fc.infiniteStream(fc.nat()), (hosts, need, keys) => {
        const shuffled = hosts
          .map((host) => ({ host, key: keys.next().value as number }))
          .sort((one, other) => one.key - other.key)
          .map(({ host }) => host);
        expect(rankHosts(shuffled, need)).toEqual(rankHosts(hosts, need));
      }),
    );
  });

  it('is monotone: where much fits less fits, a host more takes nothing away, and a host fuller gives nothing', () => {
    fc.assert(
      fc.property(someHosts, someNeed, room, someHost('z'), (hosts, need, more, another) => {
        const greater = { ...need, room: sumOf([need.room, more]) };
        const fits = new Set(rankHosts(hosts, need).fitting.map(({ id }) => id));
        for (const { id } of rankHosts(hosts, greater).fitting) expect(fits).toContain(id);
        expect(rankHosts([...hosts, another], need).fitting.filter(({ id }) => id !== 'z')).toEqual(
          rankHosts(hosts, need).fitting,
        );
        const fuller = hosts.map((host) => ({ ...host, taken: sumOf([host.taken, more]) }));
        for (const { id } of rankHosts(fuller, need).fitting) expect(fits).toContain(id);
      }),
    );
  });
});

describe('the index', () => {
  it('finds what ranking finds, after any hosts came, changed and went', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.nat(99).map((id) => `h${id}`),
            fc.nat(99).chain((id) => someHost(`h${id}`)),
          ),
          { maxLength: 60 },
        ),
        fc.array(someNeed, { minLength: 1, maxLength: 8 }),
        (steps, needs) => {
          const index = new PlacementIndex();
          const hosts = new Map<string, PlacementHost>();
          for (const step of steps) {
            if (typeof step === 'string') {
              index.remove(step);
              hosts.delete(step);
            } else {
              index.put(step);
              hosts.set(step.id, step);
            }
          }
          for (const need of needs) expect(index.closest(need)).toEqual(chosen([...hosts.values()], need));
        },
      ),
    );
  });

  it('fills a fleet up, each host as far as it goes', () => {
    const index = new PlacementIndex();
    const capacity = { milliCores: 4000, memoryMb: 8192, storageMb: 100_000 };
    const need: Need = {
      persona: 'web',
      room: { milliCores: 1500, memoryMb: 2048, storageMb: 10_000 },
      selector: [],
    };
    for (let number = 0; number < 1000; number++)
      index.put({ id: `h${number}`, labels: {}, capacity, taken: sumOf([]), warmFor: null });
    const perHost = new Map<string, number>();
    for (let found = index.closest(need); found !== null; found = index.closest(need)) {
      index.put({ ...found, taken: sumOf([found.taken, need.room]) });
      perHost.set(found.id, (perHost.get(found.id) ?? 0) + 1);
    }
    expect([...new Set(perHost.values())]).toEqual([2]);
    expect(perHost.size).toBe(1000);
  });
});
