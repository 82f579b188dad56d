/**
 * How deep a policy may go, told from its text before Cedar reads it.
 *
 * Cedar descends into what it reads, on a stack of fixed size; past its end nothing could be decided by this process any more. Measured:
 * it fails between 80 and 160 brackets, or between 640 and 1,280 operators, one in another.
 * Throws: `policy_invalid` with line and column.
 */
import { GuiseError, limits } from '@guise/model';
import { lineAndColumn } from '../http/json-position.ts';

/** Comments and strings, which are passed over; then what opens, closes, ends a rule, or is one more step down. */
const tokens = /\/\/[^\n]*|"(?:[^"\\]|\\.)*"|[([{]|[)\]}]|;|\.|[-+*!]|&&|\|\||\b(?:if|else|has|like|in|is)\b/gs;

export function requireShallow(name: string, text: string): void {
  let depth = 0;
  let steps = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token.startsWith('//') || token.startsWith('"')) continue;
    if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth -= 1;
    else if (token === ';') steps = 0;
    else steps += 1;
    if (token === '[') steps += 1;
    if (depth > limits.policyDepth) throw tooMuch(name, text, index, `must not nest deeper than ${limits.policyDepth}`);
    if (steps > limits.policySteps) {
      throw tooMuch(name, text, index, `must have at most ${limits.policySteps} operators in one rule`);
    }
  }
}

function tooMuch(name: string, text: string, offset: number, rule: string): GuiseError {
  const { line, column } = lineAndColumn(text, offset);
  const file = `${name}.cedar`;
  const message = `${rule} (${file}:${line}:${column})`;
  return new GuiseError('policy_invalid', `Cannot use the policy "${name}": ${message}`, {
    problems: [{ file, line, column, path: '', rule, message }],
  });
}
