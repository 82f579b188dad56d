/** Help, from the same data that arguments are checked against. */
import { commonOptions } from '../arguments.ts';
import { type Command, flagOf, type OperandSpec, type OptionSpec } from '../command.ts';
import type { CommandEntry } from '../commands/index.ts';
import type { Style } from './style.ts';

/** Of `guise` itself, or of a group such as `guise host`. */
export function overviewLines(entries: readonly CommandEntry[], prefix: string, style: Style): readonly string[] {
  const shown = entries.filter(({ name }) => prefix === '' || name.startsWith(`${prefix} `));
  const sections = [...new Set(shown.map(({ section }) => section))];
  const width = Math.max(...shown.map(({ name }) => name.length));
  return [
    `${style.heading('Usage:')} guise ${prefix === '' ? '' : `${prefix} `}COMMAND`,
    ...sections.flatMap((section) => [
      '',
      style.heading(section),
      ...shown
        .filter((entry) => entry.section === section)
        .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ]),
    '',
    'guise COMMAND --help shows its options and examples. All commands take --json.',
  ];
}

export function commandLines({ name, summary }: CommandEntry, command: Command, style: Style): readonly string[] {
  const options = Object.entries({ ...command.options, ...commonOptions });
  const flags = options.map(([option, spec]) => flagText(option, spec));
  const width = Math.max(...flags.map((flag) => flag.length));
  return [
    `${summary}.`,
    '',
    `${style.heading('Usage:')} ${['guise', name, ...command.operands.map(operandText), '[OPTION…]'].join(' ')}`,
    ...(command.notes ?? []).flatMap((note) => ['', note]),
    '',
    style.heading('Options'),
    ...options.map(([, spec], index) => `  ${flags[index]!.padEnd(width)}  ${spec.summary}`),
    ...(command.examples.length === 0 ? [] : ['', style.heading('Examples')]),
    ...command.examples.flatMap(({ line, why }) => [`  ${style.quiet(`# ${why}`)}`, `  ${line}`]),
  ];
}

function operandText({ name, optional, repeated }: OperandSpec): string {
  const text = repeated ? `${name}…` : name;
  return optional ? `[${text}]` : text;
}

function flagText(name: string, spec: OptionSpec): string {
  const value = spec.type === 'boolean' ? '' : ` ${spec.choices?.join('|') ?? spec.value ?? 'VALUE'}`;
  return `${flagOf(name)}${value}${spec.multiple ? '…' : ''}`;
}
