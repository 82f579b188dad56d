import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountFile, listOf, memberPlace, withMember } from './account-file.ts';

const names = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay'];
const line = fc
  .tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 99 }))
  .map(([name, uid]) => `${name}:x:${uid}:`);
/** Each name once, among lines that are no entries. */
const text = fc
  .tuple(fc.uniqueArray(line, { selector: (each) => each.split(':')[0] }), fc.boolean())
  .map(([lines, ended]) => [...lines, '+::::', ...(ended ? [''] : [])].join('\n'));
const added = fc.uniqueArray(fc.tuple(fc.constantFrom('new-a', 'new-b', 'new-c'), fc.integer({ min: 0, max: 99 })), {
  selector: ([name]) => name,
});

const withAll = (start: string, entries: readonly (readonly [string, number])[]): AccountFile => {
  const file = new AccountFile(start);
  for (const [name, uid] of entries) {
    const numbers = new Map(file.all().map((fields) => [fields[0], Number(fields[2])]));
    file.set([name, 'x', String(uid), ''], (other) => (other === name ? uid : (numbers.get(other) ?? Number.NaN)));
  }
  return file;
};

describe('an account file', () => {
  it('is the same for the same new entries, in whatever order they came', () => {
    fc.assert(
      fc.property(text, added, (start, entries) => {
        expect(withAll(start, [...entries].reverse()).text()).toBe(withAll(start, entries).text());
      }),
    );
  });

  it('is what it was without them, in whatever order they go', () => {
    fc.assert(
      fc.property(text, added, fc.boolean(), (start, entries, backwards) => {
        const file = withAll(start, entries);
        for (const [name] of backwards ? [...entries].reverse() : entries) file.remove(name);
        expect(file.text()).toBe(start);
      }),
    );
  });

  it('gives lines that were removed their place again, neighbours too', () => {
    fc.assert(
      fc.property(text, fc.subarray(names), (start, leaving) => {
        const file = new AccountFile(start);
        const places = leaving.flatMap((name) => file.place(name) ?? []);
        for (const name of leaving) file.remove(name);
        for (const place of places.sort((a, b) => a.index - b.index)) file.set(place.text.split(':'), () => 0, place);
        expect(file.text()).toBe(start);
      }),
    );
  });

  it('keeps the places of members of a group', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...names)), fc.constantFrom(...names), (members, name) => {
        const place = memberPlace(members, name);
        const without = (group: readonly string[]) => group.filter((member) => member !== name);
        const andBack =
          place === undefined ? without(withMember(members, name)) : withMember(without(members), name, place);
        expect(andBack).toEqual(members);
      }),
    );
  });

  it('refuses a field that would end its line', () => {
    expect(() => new AccountFile('').set(['eve', 'x', '0', '/bin/sh\nroot::0:0'], () => 0)).toThrow(
      'colon or a line break',
    );
    expect(listOf('')).toEqual([]);
  });
});
