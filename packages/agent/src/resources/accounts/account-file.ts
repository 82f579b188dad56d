/**
 * One of passwd(5), shadow(5), group(5), gshadow(5): lines of fields with colons, the first of which is a name.
 *
 * Lines that guise does not change stay byte for byte, at their place, readable or not. A new line goes after the last one with a lower
 * or equal number, which makes the result independent of the order in which lines came.
 */
import { GuiseError } from '@guise/model';

/** Where something stood among its like; see `AccountRecord` in @guise/model. */
export interface Place {
  readonly text: string;
  readonly after: string | null;
  readonly index: number;
}

export class AccountFile {
  readonly #lines: string[];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  fields(name: string): readonly string[] | undefined {
    return this.#lines.find(named(name))?.split(':');
  }

  /** Fields of every line that has a name. */
  all(): readonly (readonly string[])[] {
    return this.#lines.filter((line) => /^[^:#+-][^:]*:/.test(line)).map((line) => line.split(':'));
  }

  place(name: string): Place | undefined {
    const index = this.#lines.findIndex(named(name));
    if (index < 0) return undefined;
    return { text: this.#lines[index]!, after: index === 0 ? null : nameOf(this.#lines[index - 1]!), index };
  }

  /** The line of `fields[0]` becomes these fields; a new one goes where it stood, or after the last with a rank as low. */
  set(fields: readonly string[], rankOf: (name: string) => number, place?: Place): void {
    const line = lineOf(fields);
    const at = this.#lines.findIndex(named(fields[0]!));
    if (at >= 0) this.#lines[at] = line;
    else this.#lines.splice(this.#positionOf(fields[0]!, rankOf, place), 0, line);
  }

  /** The line of `fields[0]`, which exists, becomes these fields. */
  replace(fields: readonly string[]): void {
    this.set(fields, () => Number.NaN);
  }

  remove(name: string): void {
    const at = this.#lines.findIndex(named(name));
    if (at >= 0) this.#lines.splice(at, 1);
  }

  text(): string {
    return this.#lines.join('\n');
  }

  #positionOf(name: string, rankOf: (name: string) => number, place: Place | undefined): number {
    if (place !== undefined) {
      const before = place.after === null ? -1 : this.#lines.findIndex((line) => nameOf(line) === place.after);
      if (place.after === null || before >= 0) return before + 1;
    }
    const rank = rankOf(name);
    let position = 0;
    for (const [index, line] of this.#lines.entries()) {
      const other = nameOf(line);
      const otherRank = line === '' ? Number.NaN : rankOf(other);
      if (otherRank < rank || (otherRank === rank && other < name)) position = index + 1;
    }
    return position;
  }
}

/** A list of names within a field, such as the members of a group. */
export function listOf(field: string | undefined): readonly string[] {
  return field === undefined || field === '' ? [] : field.split(',');
}

/** With `name` where it stood, or after the last name that sorts lower. */
export function withMember(members: readonly string[], name: string, place?: Place): readonly string[] {
  if (members.includes(name)) return members;
  const before = place === undefined || place.after === null ? -1 : members.indexOf(place.after);
  const known = place !== undefined && (place.after === null || before >= 0);
  const at = known ? before + 1 : members.findLastIndex((member) => member < name) + 1;
  return members.toSpliced(at, 0, name);
}

export function memberPlace(members: readonly string[], name: string): Place | undefined {
  const index = members.indexOf(name);
  return index < 0 ? undefined : { text: name, after: members[index - 1] ?? null, index };
}

/** Of a line that is no entry: the line. */
function nameOf(line: string): string {
  return line.split(':')[0]!;
}

function named(name: string): (line: string) => boolean {
  return (line) => line.startsWith(`${name}:`);
}

/** Throws: `argument_invalid` for a field that would end its line or begin another field. */
function lineOf(fields: readonly string[]): string {
  const bad = fields.find((field) => /[:\n\0]/.test(field));
  if (bad === undefined) return fields.join(':');
  throw new GuiseError(
    'argument_invalid',
    `Cannot write ${JSON.stringify(bad)} to the account files: it has a colon or a line break`,
  );
}
