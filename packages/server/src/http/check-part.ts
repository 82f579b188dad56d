/**
 * Checks the parts of a request against their schemas.
 *
 * Throws: `argument_invalid` with every problem found, at most `limits.problemsReported`; problems of a body have their line and
 * column in it.
 */
import type { Problem } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { z } from 'zod';
import { jsonFault } from './json-fault.ts';
import type { JsonPosition } from './json-position.ts';
import { lineAndColumn, positionIn } from './json-position.ts';

type Locate = (path: readonly PropertyKey[]) => JsonPosition;

const start: JsonPosition = { line: 1, column: 1 };

export function checkPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: 'params' | 'query',
): z.output<Schema> {
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
  const path = issue.path.map(String).join('.');
  const rule =
    issue.code === 'unrecognized_keys'
      ? `must not have ${issue.keys.map((key) => `"${key}"`).join(', ')}`
      : issue.message.replace(/^Invalid input: /, '');
  return { file: part, line, column, path, rule, message: `${path || part}: ${rule} (${part}:${line}:${column})` };
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

function parseJson(text: string): unknown {
  // It would not name a field of the value but its prototype, somewhere downstream.
  const prototype = text.indexOf('"__proto__"');
  const offset = prototype < 0 ? jsonFault(text) : prototype;
  if (offset === null) return JSON.parse(text);
  const position = lineAndColumn(text, offset);
  const rule = prototype < 0 ? 'must be JSON' : 'must not have "__proto__"';
  const found =
    offset === text.length ? 'the text ends too soon' : `found ${JSON.stringify(text.slice(offset, offset + 20))}`;
  const message = `the body ${rule}: ${found} (body:${position.line}:${position.column})`;
  throw new GuiseError('argument_invalid', `Cannot use the request: ${message}`, {
    problems: [{ file: 'body', ...position, path: '', rule, message }],
  });
}
