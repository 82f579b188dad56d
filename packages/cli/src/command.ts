/**
 * The one shape of a command: `commands/<name>.ts` exports one of these and `commands/index.ts` lists it.
 *
 * Its name and summary stand in that list, so that help and tab completion load no command; everything else stands here and
 * is loaded when the command runs. A package as heavy as the server or the lab is imported inside `run`.
 */
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** An option of a command. Its key in the table is camelCase; people type it as `--kebab-case`. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly multiple?: true;
  /** What help calls the value, such as `DIR`. Strings only. */
  readonly value?: string;
  readonly summary: string;
  /** The values there are, for tab completion and checks. */
  readonly choices?: readonly string[];
  /** What its value is, so that tab completion knows what to offer. */
  readonly kind?: OperandKind;
}

export type OptionTable = { readonly [name: string]: OptionSpec };

type OptionValue<Spec extends OptionSpec> = Spec extends { type: 'boolean' }
  ? boolean
  : Spec extends { multiple: true }
    ? readonly string[]
    : (Spec extends { choices: readonly (infer Choice)[] } ? Choice : string) | undefined;

export type OptionValues<Options extends OptionTable> = {
  readonly [Name in keyof Options]: OptionValue<Options[Name]>;
};

/** What an operand is, so that tab completion knows what to offer. */
export type OperandKind =
  | 'persona_file'
  | 'key_file'
  | 'file'
  | 'persona'
  | 'host'
  | 'secret'
  | 'address'
  | 'policy'
  | 'role'
  | 'token'
  | 'checkout'
  | 'traffic'
  | 'pool'
  | 'webhook'
  | 'text';

export interface OperandSpec {
  /** As help shows it, such as `FILE` or `HOST`. */
  readonly name: string;
  readonly kind: OperandKind;
  readonly optional?: true;
  /** The last operand only: takes all that follow, and at least one unless it is optional. */
  readonly repeated?: true;
  readonly choices?: readonly string[];
}

export interface Example {
  readonly line: string;
  readonly why: string;
}

export interface Input<Options extends OptionTable> {
  readonly operands: readonly string[];
  readonly options: OptionValues<Options>;
}

export interface CommandSpec<Options extends OptionTable> {
  readonly operands: readonly OperandSpec[];
  readonly options: Options;
  readonly examples: readonly Example[];
  /** Further paragraphs of help, where the summary is not enough. */
  readonly notes?: readonly string[];
  run(context: Context, input: Input<Options>): Promise<ExitCode>;
}

/** A command whose option types are known only to itself. */
export type Command = CommandSpec<OptionTable>;

/** Keeps the option types for `run` and forgets them for everybody else; the parser is what makes both agree. */
export function defineCommand<const Options extends OptionTable>(spec: CommandSpec<Options>): Command {
  return spec as unknown as Command;
}

/** `stateDir` → `--state-dir`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
