/** An error for people: what went wrong and where, never a stack. Bugs say that they are bugs. */
import { GuiseError } from '@guise/model';
import type { Style } from './style.ts';
import { count, printable } from './text.ts';

/** A problem's message says already where it is and what may have been meant. */
export function errorLines(error: unknown, style: Style, options: { readonly showStack: boolean }): readonly string[] {
  if (!(error instanceof GuiseError)) return bugLines(error, options.showStack);
  const isList = error.problems.length > 1;
  return [
    `${style.removed('error:')} ${isList ? count(error.problems.length, 'problem') : printable(error.message)}`,
    ...(isList ? error.problems.map(({ message }) => `  ${printable(message)}`) : []),
    ...(options.showStack ? [error.stack ?? '', ...(error.detail === undefined ? [] : [error.detail])] : []),
  ];
}

function bugLines(error: unknown, showStack: boolean): readonly string[] {
  const message = error instanceof Error ? error.message : String(error);
  if (showStack) return [error instanceof Error ? (error.stack ?? message) : message];
  return [
    `bug in guise: ${printable(message)}`,
    '  Nothing you did. GUISE_DEBUG=1 shows where it happened; please report it with that.',
  ];
}
