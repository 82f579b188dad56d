import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostsDialect, ipOf, withHost } from './hosts-entry/hosts-dialect.ts';
import { entryOf, type Overlay, parseOverlay, renderOverlay } from './overlay-file.ts';

const name = fc.constantFrom('db', 'web', 'cache', 'localhost');
const ip = fc.constantFrom('127.0.0.1', '10.0.0.5', '::1');
const line = fc.oneof(
  fc.constantFrom('', '# db is a comment', '   ', 'not/an entry'),
  fc
    .tuple(ip, fc.array(name, { minLength: 1, maxLength: 3 }), fc.constantFrom('', ' # and a comment'))
    .map(([at, names, end]) => `${at}\t${names.join('  ')}${end}`),
);
/** With and without a line break at the end; null when there is no file. */
const text = fc.option(fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n')));
const want = fc.tuple(name, fc.option(ip));

const through = (overlay: Overlay): Overlay => parseOverlay(renderOverlay(overlay, hostsDialect), overlay.made);
const applied = (start: string | null, wants: readonly (readonly [string, string | null])[]): string | null =>
  renderOverlay(
    wants.reduce((overlay, [host, at]) => through(withHost(overlay, host, at)), parseOverlay(start, 'file')),
    hostsDialect,
  );
const ipIn = (content: string | null, host: string): string | null => {
  const found = entryOf(parseOverlay(content, 'file'), host, hostsDialect);
  return found === null ? null : ipOf(found);
};

describe('a file with entries of guise in it', () => {
  it('says what was asked for last', () => {
    fc.assert(
      fc.property(text, fc.array(want, { minLength: 1, maxLength: 6 }), (start, wants) => {
        const content = applied(start, wants);
        for (const [host, at] of new Map(wants)) expect(ipIn(content, host)).toBe(at);
      }),
    );
  });

  it('is byte for byte what it was once every name is where it was, in whatever order that happens', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(want, { maxLength: 6 }),
        fc.shuffledSubarray(['db', 'web', 'cache', 'localhost'], { minLength: 4 }),
        (start, wants, order) => {
          const content = applied(start, wants);
          const back = order.map((host) => [host, ipIn(start, host)] as const);
          expect(applied(content, back)).toBe(start);
        },
      ),
    );
  });

  it('is the same for the same names, in whatever order they came', () => {
    fc.assert(
      fc.property(text, fc.uniqueArray(want, { selector: ([host]) => host }), (start, wants) => {
        expect(applied(start, [...wants].reverse())).toBe(applied(start, wants));
      }),
    );
  });
});
