/**
 * A text file that belongs to others and in which guise overrides some entries: `/etc/hosts`, `/etc/fstab`, `authorized_keys`.
 *
 * The file itself remembers what was there: each overridden line stays as a comment, and everything of guise's is marked, so the
 * original text can be computed from the file alone, byte for byte, whatever the order in which personas came and went. Entries
 * stand sorted at the end. Markers are comments in all three formats:
 *
 *     #guise! file directory    neither the file nor its directory existed
 *     #guise# LINE              LINE stood here, and some of its entries are overridden
 *     #guise=                   the next line is what LINE says beyond those
 *     #guise+ ID                the next line is the entry ID
 *     #guise- ID                there is to be no entry ID
 *
 * Invariant: parse(render(overlay)) equals overlay, and without entries render gives the original. See overlay-file.prop.test.ts.
 */
export interface Overlay {
  /** The text without guise. */
  readonly original: string;
  /** What guise made to hold the text, and so removes with its last entry. */
  readonly made: Made;
  /** Line by entry id; null for an entry that is to be absent. Lines and ids have no line breaks. */
  readonly entries: ReadonlyMap<string, string | null>;
}

export type Made = 'nothing' | 'file' | 'file directory';

/** How a format's lines relate to entries. */
export interface Dialect {
  /** Ids of the entries in one line; none for comments. */
  idsOf(line: string): readonly string[];
  /** What the line still says without these entries; null when nothing. */
  without(line: string, ids: ReadonlySet<string>): string | null;
}

/** `made` is what guise would be making if it wrote now: used when the text has no marker of its own and is null. */
export function parseOverlay(text: string | null, made: Made): Overlay {
  if (text === null) return { original: '', made, entries: new Map() };
  const original: string[] = [];
  const entries = new Map<string, string | null>();
  let marked: Made = 'nothing';
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    const [, sign, rest = ''] = /^#guise([!#=+-])(?: (.*))?$/s.exec(line) ?? [];
    if (sign === undefined) original.push(line);
    else if (sign === '!') marked = rest === 'file directory' ? 'file directory' : 'file';
    else if (sign === '#') original.push(rest);
    else if (sign === '=') index += 1;
    else if (sign === '-') entries.set(rest, null);
    else if (index + 1 < lines.length) {
      entries.set(rest, lines[index + 1]!);
      index += 1;
    }
  }
  return { original: original.join('\n'), made: marked, entries };
}

/** The text to write, or null when the file is to be removed. */
export function renderOverlay({ original, made, entries }: Overlay, dialect: Dialect): string | null {
  if (entries.size === 0) return made !== 'nothing' && original === '' ? null : original;
  const overridden = new Set(entries.keys());
  const lines = original.split('\n').flatMap((line) => {
    const hidden = dialect.idsOf(line).some((id) => overridden.has(id));
    if (!hidden) return [line];
    const rest = dialect.without(line, overridden);
    return rest === null ? [`#guise# ${line}`] : [`#guise# ${line}`, '#guise=', rest];
  });
  const block = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, line]) => (line === null ? [`#guise- ${id}`] : [`#guise+ ${id}`, line]));
  if (made !== 'nothing') block.unshift(`#guise! ${made}`);
  // A text that ends in a line break has an empty last piece, and what is added goes before it.
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  return [...lines.slice(0, end), ...block, ...lines.slice(end)].join('\n');
}

/** The line that has an entry now: guise's own, or the original's first. */
export function entryOf({ original, entries }: Overlay, id: string, dialect: Dialect): string | null {
  const own = entries.get(id);
  if (own !== undefined) return own;
  return original.split('\n').find((line) => dialect.idsOf(line).includes(id)) ?? null;
}

/** With entry `id` as `line`; what the original says of itself needs no entry. */
export function withEntry(overlay: Overlay, id: string, line: string | null, dialect: Dialect): Overlay {
  const entries = new Map(overlay.entries);
  entries.delete(id);
  const bare = { ...overlay, entries };
  return entryOf(bare, id, dialect) === line ? bare : { ...overlay, entries: new Map([...entries, [id, line]]) };
}
