/**
 * Reads a command's arguments. Nothing is guessed: an option that the command does not have is an error with a suggestion.
 *
 * Shape: options may stand anywhere before `--`; all after it are operands. `--name value` and `--name=value` are the same.
 * Uses node:util's tokenizer, which loads in 2 ms where commander takes 9, and `guise apply` counts its milliseconds.
 * Throws: `argument_invalid`.
 */
import { parseArgs } from 'node:util';
import { GuiseError, nearName } from '@guise/model';
import { type Command, flagOf, type Input, type OperandSpec, type OptionSpec, type OptionTable } from './command.ts';

/** Options that every command has. */
export const commonOptions = {
  json: { type: 'boolean', summary: 'Print JSON, with the field names of the API' },
  help: { type: 'boolean', summary: 'Show this help' },
} as const satisfies OptionTable;

export interface ParsedArguments {
  readonly input: Input<OptionTable>;
  readonly json: boolean;
  readonly help: boolean;
}

export function parseArguments(argv: readonly string[], command: Command): ParsedArguments {
  const table: OptionTable = { ...command.options, ...commonOptions };
  const values = emptyValues(table);
  const operands: string[] = [];
  for (const token of tokensOf(argv, table)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind === 'option') take(token, table, values);
  }
  const { json, help, ...options } = values;
  if (help !== true) checkOperands(operands, command.operands);
  return {
    input: { operands, options: options as Input<OptionTable>['options'] },
    json: json === true,
    help: help === true,
  };
}

type Value = boolean | string | string[] | undefined;
type Token = NonNullable<ReturnType<typeof tokensOf>>[number];

function tokensOf(argv: readonly string[], table: OptionTable) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { type }]) => [
      flagOf(name).slice(2),
      name === 'help' ? { type, short: 'h' } : { type },
    ]),
  );
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function emptyValues(table: OptionTable): { [name: string]: Value } {
  return Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [
      name,
      spec.type === 'boolean' ? false : spec.multiple ? [] : undefined,
    ]),
  );
}

function take(token: Extract<Token, { kind: 'option' }>, table: OptionTable, values: { [name: string]: Value }): void {
  const name = Object.keys(table).find((candidate) => flagOf(candidate) === `--${token.name}`);
  if (name === undefined) throw unknownOption(token.rawName, table);
  const spec = table[name]!;
  if (spec.type === 'boolean') {
    if (token.value !== undefined) throw invalid(`Cannot use ${flagOf(name)}=${token.value}: it takes no value`);
    values[name] = true;
    return;
  }
  const value = optionValue(token, spec, name);
  const current = values[name];
  if (Array.isArray(current)) current.push(value);
  else if (current === undefined) values[name] = value;
  else throw invalid(`Cannot use ${flagOf(name)} twice`);
}

function optionValue(token: Extract<Token, { kind: 'option' }>, spec: OptionSpec, name: string): string {
  const { value } = token;
  // A value that looks like an option is a forgotten value more often than a value; `--name=-x` says that it is meant.
  if (value === undefined || (!token.inlineValue && value.startsWith('-'))) {
    throw invalid(`Cannot use ${flagOf(name)} without a value: write ${flagOf(name)} ${spec.value ?? 'VALUE'}`);
  }
  if (spec.choices && !spec.choices.includes(value)) {
    throw invalid(`Cannot use ${flagOf(name)} ${JSON.stringify(value)}: it must be ${spec.choices.join(' or ')}`);
  }
  return value;
}

function checkOperands(operands: readonly string[], specs: readonly OperandSpec[]): void {
  const missing = specs.slice(operands.length).find(({ optional }) => !optional);
  if (missing) throw invalid(`${missing.name} is missing`);
  const last = specs.at(-1);
  if (operands.length > specs.length && !last?.repeated) {
    throw invalid(`Cannot use ${JSON.stringify(operands[specs.length])}: there is nothing it could be`);
  }
  for (const [index, operand] of operands.entries()) {
    const spec = specs[index] ?? last;
    if (spec?.choices && !spec.choices.includes(operand)) {
      throw invalid(`Cannot use ${JSON.stringify(operand)} as ${spec.name}: it must be ${spec.choices.join(' or ')}`);
    }
  }
}

function unknownOption(typed: string, table: OptionTable): GuiseError {
  const nearest = nearName(typed, Object.keys(table).map(flagOf));
  return invalid(`Unknown option ${typed}${nearest ? `; did you mean ${nearest}?` : ''}`);
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', message);
}
