/**
 * Checks the parts of a request against their schemas.
 *
 * Throws: `argument_invalid` with every problem found, at most `limits.problemsReported`; problems of a body have their line and
 * column in it.
 */
import type { Problem } from '@guise/model';
import { GuiseError, limits, tooDeepAt } from '@guise/model';
import type { z } from 'zod';
import { jsonFault } from './json-fault.ts';
import type { JsonPosition } from './json-position.ts';
import { lineAndColumn, positionIn } from './json-position.ts';

type Locate = (path: readonly PropertyKey[]) => JsonPosition;

const keysListed = 12;
const excerptChars = 200;
const start: JsonPosition = { line: 1, column: 1 };

export function checkPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: 'params' | 'query',
): z.output<Schema> {
  const texts = typeof value === 'object' && value !== null ? Object.values(value).map(String) : [];
  if (texts.some((text) => text.includes('\0'))) {
    throw new GuiseError('argument_invalid', `Cannot use the request: its ${part} must not have a NUL`);
  }
  return checked(schema, value, part, () => start);
}

/** A body that is empty stands for `{}`. */
export function checkBody<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  return checked(schema, text === '' ? {} : parseJson(text), 'body', (path) => positionIn(text, path));
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: string,
  locate: Locate,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = leaves(parsed.error.issues).slice(0, limits.problemsReported);
  const problems = issues.map((issue) => problemOf(issue, part, locate(issue.path)));
  throw new GuiseError('argument_invalid', `Cannot use the request: ${problems[0]?.message ?? 'it is invalid'}`, {
    problems,
  });
}

function problemOf(issue: z.core.$ZodIssue, part: string, { line, column }: JsonPosition): Problem {
  const path = clip(issue.path.map(String).join('.'));
  const rule =
    issue.code === 'unrecognized_keys'
      ? `must not have ${listed(issue.keys)}`
      : issue.message.replace(/^Invalid input: /, '');
  return { file: part, line, column, path, rule, message: `${path || part}: ${rule} (${part}:${line}:${column})` };
}

/** What the sender wrote comes back in part only, so that an answer is never larger than what it answers. */
function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, keysListed).map((key) => `"${clip(key)}"`);
  return `${shown.join(', ')}${keys.length > keysListed ? ', …' : ''}`;
}

function clip(text: string): string {
  return text.length <= excerptChars ? text : `${text.slice(0, excerptChars - 1)}…`;
}

/** Of a union, the problems of the alternative that the sender most likely meant: the one with the fewest. */
function leaves(issues: readonly z.core.$ZodIssue[], parents: readonly PropertyKey[] = []): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    const path = [...parents, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ ...issue, path }];
    const [nearest = []] = issue.errors.toSorted((one, other) => one.length - other.length);
    return leaves(nearest, path);
  });
}

/** A fault of the text, and the rule that it breaks. */
interface Fault {
  readonly offset: number;
  readonly rule: string;
}

function parseJson(text: string): unknown {
  const fault = faultOf(text);
  if (fault !== null) throw refusalAt(text, fault);
  const value: unknown = JSON.parse(text);
  // Written with escapes, it is seen only now. It would not name a field of the value but its prototype, somewhere downstream.
  if (text.includes('\\u') && hasPrototypeKey(value)) throw refusalAt(text, { offset: 0, rule: prototypeRule });
  return value;
}

const prototypeRule = 'must not have "__proto__"';

function faultOf(text: string): Fault | null {
  const deep = tooDeepAt(text);
  if (deep !== null) return { offset: deep, rule: `must not be nested more than ${limits.jsonDepth} deep` };
  const prototype = text.indexOf('"__proto__"');
  if (prototype >= 0) return { offset: prototype, rule: prototypeRule };
  const offset = jsonFault(text);
  return offset === null ? null : { offset, rule: 'must be JSON' };
}

function refusalAt(text: string, { offset, rule }: Fault): GuiseError {
  const position = lineAndColumn(text, offset);
  const found =
    offset === text.length ? 'the text ends too soon' : `found ${JSON.stringify(text.slice(offset, offset + 20))}`;
  const message = `the body ${rule}: ${found} (body:${position.line}:${position.column})`;
  return new GuiseError('argument_invalid', `Cannot use the request: ${message}`, {
    problems: [{ file: 'body', ...position, path: '', rule, message }],
  });
}

/** Bounded, because the value is no deeper than `limits.jsonDepth`. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
