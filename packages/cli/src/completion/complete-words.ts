/**
 * What could come next on a command line: commands, options, persona files, hosts. Called by the scripts that `guise completion` prints.
 *
 * Shape: the words after `guise` up to the cursor, the last one unfinished; prints a candidate per line, with a tab and what it is.
 * A control plane is asked only for hosts and personas, and for at most `askMs`: a slow answer is worth less than none.
 */

import { commonOptions } from '../arguments.ts';
import { type Command, flagOf, type OperandSpec, type OptionTable } from '../command.ts';
import { commandEntries, commandNamed } from '../commands/index.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { valuesOfKind } from './values-of-kind.ts';

export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

export async function completeWords(words: readonly string[], context: Context): Promise<ExitCode> {
  for (const { value, summary } of await candidatesFor(words, context)) {
    context.out.line(summary === '' ? value : `${value}\t${summary}`);
  }
  return 0;
}

export async function candidatesFor(
  words: readonly string[],
  context: Pick<Context, 'env' | 'isRoot'>,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const entry = commandNamed(before.slice(0, 2).join(' ')) ?? commandNamed(before[0] ?? '');
  if (entry === null) return startingWith(current, commandWords(before));
  const command = await entry.load();
  const own = await inCommand(command, before.slice(entry.name.split(' ').length), current, context);
  // A command may be the first word of others.
  return startingWith(current, before.length === 1 ? [...commandWords(before), ...own] : own);
}

/** The next word of every command that begins with these, and has more. */
function commandWords(before: readonly string[]): readonly Candidate[] {
  const prefix = before.map((word) => `${word} `).join('');
  const found = new Map<string, Candidate>();
  for (const { name, summary } of commandEntries) {
    if (!name.startsWith(prefix)) continue;
    const [word = '', ...rest] = name.slice(prefix.length).split(' ');
    if (!found.has(word)) found.set(word, { value: word, summary: rest.length === 0 ? summary : '' });
  }
  return [...found.values()];
}

async function inCommand(
  command: Command,
  before: readonly string[],
  current: string,
  context: Pick<Context, 'env' | 'isRoot'>,
): Promise<readonly Candidate[]> {
  const table: OptionTable = { ...command.options, ...commonOptions };
  const awaiting = Object.entries(table).find(
    ([name, { type }]) => type === 'string' && flagOf(name) === before.at(-1),
  )?.[1];
  if (awaiting?.choices) return awaiting.choices.map((value) => ({ value, summary: '' }));
  if (awaiting !== undefined) return valuesOfKind(awaiting.kind ?? 'text', current, context);
  if (current.startsWith('-')) {
    return Object.entries(table).map(([name, { summary }]) => ({ value: flagOf(name), summary }));
  }
  const operand = operandAt(command.operands, operandsIn(before, table));
  if (operand === undefined) return [];
  if (operand.choices) return operand.choices.map((value) => ({ value, summary: '' }));
  return valuesOfKind(operand.kind, current, context);
}

function operandAt(operands: readonly OperandSpec[], index: number): OperandSpec | undefined {
  const last = operands.at(-1);
  return operands[index] ?? (last?.repeated ? last : undefined);
}

/** How many words are operands rather than options and their values. */
function operandsIn(words: readonly string[], table: OptionTable): number {
  const takesValue = (word: string) =>
    Object.entries(table).some(([name, { type }]) => type === 'string' && flagOf(name) === word);
  return words.filter((word, index) => !word.startsWith('-') && !takesValue(words[index - 1] ?? '')).length;
}

function startingWith(current: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current) && value !== current);
}
