/**
 * Flattens what the schema library found into findings that people can act on.
 *
 * A union that fails gives one finding per branch; of these only the branch that the author evidently meant is kept.
 * Shape: a tree of issues → a flat list; a path leads from the document's root to the value or key in question.
 */
import type { z } from 'zod';

export interface Finding {
  readonly path: readonly PropertyKey[];
  /** A clause such as `must be a list`. */
  readonly rule: string;
  readonly subject: 'value' | 'key' | 'unknown_key';
  /** The rule asks for a list or a mapping, which no template can give. */
  readonly wantsCollection: boolean;
  readonly wantsText: boolean;
  /** Names or values that would be right. */
  readonly candidates: readonly string[];
}

type Issue = z.core.$ZodIssue;

export function findingsOf(issues: readonly Issue[], value: unknown): readonly Finding[] {
  return issues.flatMap((issue) => flatten(issue, [], value));
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as { readonly [key: PropertyKey]: unknown })[key];
  }
  return current;
}

/** The rule for each kind of issue that the schema gives no words for. Passed to every `safeParse`. */
export const ruleOf: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return ruleOfType[issue.expected] ?? `must be a ${issue.expected}`;
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map((value) => JSON.stringify(value)))}`;
    case 'too_small':
      return `must ${measure(issue.origin, 'least', issue.minimum)}`;
    case 'too_big':
      return `must ${measure(issue.origin, 'most', issue.maximum)}`;
    case 'unrecognized_keys':
      // Not words but data: `flatten` offers them as candidates.
      return knownKeys(issue.inst).join(',');
    default:
      return 'must have another form';
  }
};

const ruleOfType: { readonly [type: string]: string } = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be a mapping',
  record: 'must be a mapping',
};

const collections: ReadonlySet<string> = new Set(['array', 'object', 'record']);

function flatten(issue: Issue, base: readonly PropertyKey[], root: unknown): readonly Finding[] {
  const path = [...base, ...issue.path];
  const plain = {
    path,
    rule: issue.message,
    subject: 'value',
    wantsCollection: false,
    wantsText: false,
    candidates: [],
  } as const;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        ...plain,
        path: [...path, key],
        rule: 'must be a key of the format',
        subject: 'unknown_key',
        candidates: issue.message.split(','),
      }));
    case 'invalid_key':
      return [{ ...plain, subject: 'key', rule: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_union': {
      const meant = branchMeant(issue.errors, valueAt(root, path));
      if (meant !== undefined) return meant.flatMap((inner) => flatten(inner, path, root));
      const wantsCollection = issue.errors.every((branch) => branch.some(isCollectionWanted));
      return [{ ...plain, wantsCollection }];
    }
    case 'invalid_type':
      return [{ ...plain, wantsCollection: collections.has(issue.expected), wantsText: issue.expected === 'string' }];
    case 'invalid_value':
      return [{ ...plain, candidates: issue.values.map(String) }];
    default:
      return [plain];
  }
}

/** The branch of the value's own shape, when the value is a list or a mapping: it fails deeper inside, or on its keys. */
function branchMeant(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return branches
    .filter((branch) => !branch.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0))
    .sort((a, b) => a.length - b.length)[0];
}

function isCollectionWanted(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0 && collections.has(issue.expected);
}

function knownKeys(schema: unknown): readonly string[] {
  const shape = (schema as { readonly _zod?: { readonly def?: { readonly shape?: object } } })._zod?.def?.shape;
  return Object.keys(shape ?? {});
}

function measure(origin: string, bound: 'least' | 'most', count: number | bigint): string {
  if (origin === 'string') return `have at ${bound} ${count} characters`;
  if (origin === 'array') return `have at ${bound} ${count} entries`;
  return `be at ${bound} ${count}`;
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
