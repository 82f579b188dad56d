/** Turns what is wrong with a document into the one error that is thrown for it. */
import { type ErrorCode, GuiseError, type Problem } from '../errors.ts';
import { limits } from '../limits.ts';

export type Position = readonly [line: number, column: number];

/** The parts of a problem whose message is a sentence followed by where it is. */
export interface ProblemParts {
  readonly file: string;
  readonly at: Position;
  readonly path: string;
  readonly rule: string;
  /** Without the position and without the suggestion. */
  readonly sentence: string;
  readonly suggestion?: string | undefined;
}

/** A path as long as its document's text would make fifty problems of one document fifty times as large as it. */
const pathChars = 200;

export function problemOf({
  file,
  at: [line, column],
  path: whole,
  rule,
  sentence,
  suggestion,
}: ProblemParts): Problem {
  const path = shortPath(whole);
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  const message = `${sentence}${hint} (${file}:${line}:${column})`;
  return { file, line, column, path, rule, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** As messages quote it. */
export function quotedPath(path: string): string {
  return JSON.stringify(shortPath(path));
}

/** The first `limits.problemsReported` problems by position. The message is the first one's, and how many follow it. */
export function errorOf(code: ErrorCode, problems: readonly Problem[]): GuiseError {
  const sorted = [...problems].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.path, b.path),
  );
  const reported = sorted.slice(0, limits.problemsReported);
  const message = reported[0]?.message ?? 'Cannot read the document';
  const more = sorted.length - 1;
  const count =
    sorted.length < limits.problemsReported ? `${more} more` : `at least ${limits.problemsReported - 1} more`;
  return new GuiseError(code, more > 0 ? `${message}; and ${count}` : message, { problems: reported });
}

function shortPath(path: string): string {
  return path.length > pathChars ? `${path.slice(0, pathChars)}…` : path;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
