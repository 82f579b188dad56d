/** The lines of `/etc/hosts`: an address, then one or more names. Source: hosts(5). */
import { type Dialect, entryOf, type Overlay, withEntry } from '../overlay-file.ts';

export const hostsDialect: Dialect = {
  idsOf: (line) => wordsOf(line).slice(1),
  without: (line, ids) => {
    const [ip = '', ...names] = wordsOf(line);
    const left = names.filter((name) => !ids.has(name));
    return left.length === 0 ? null : [ip, ...left].join('\t');
  },
};

export function ipOf(line: string): string | null {
  return wordsOf(line)[0] ?? null;
}

/** With `name` at `ip`, or nowhere. A line of others that says so already needs no entry, whatever other names it has. */
export function withHost(overlay: Overlay, name: string, ip: string | null): Overlay {
  const entries = new Map(overlay.entries);
  entries.delete(name);
  const there = entryOf({ ...overlay, entries }, name, hostsDialect);
  const same = there !== null && ipOf(there) === ip;
  return withEntry(overlay, name, same ? there : ip === null ? null : `${ip}\t${name}`, hostsDialect);
}

function wordsOf(line: string): readonly string[] {
  return line
    .replace(/#.*$/, '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
}
