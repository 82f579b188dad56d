/**
 * Finds the command that was asked for, checks its arguments, runs it, and turns every outcome into an exit code and words.
 *
 * Invariants: standard output carries only results; errors, questions and progress go to standard error; a GuiseError never shows a stack.
 */
import { exitCodeOf, GuiseError, nearName } from '@guise/model';
import { parseArguments } from './arguments.ts';
import { type CommandEntry, commandEntries, commandNamed, groupNames } from './commands/index.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { errorLines } from './render/error.ts';
import { commandLines, overviewLines } from './render/help.ts';

/** What completion scripts call; people do not. */
const completionWord = '__complete';

export async function runCli(argv: readonly string[], context: Omit<Context, 'json'>): Promise<ExitCode> {
  // Read before anything can go wrong, so that the error of a command with --json is JSON too.
  const json = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json');
  try {
    return await dispatch(argv, { ...context, json });
  } catch (error) {
    return fail(error, { ...context, json });
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<ExitCode> {
  const [first = '--help', second = '--help'] = argv;
  if (first === completionWord) {
    const { completeWords } = await import('./completion/complete-words.ts');
    return completeWords(argv.slice(1), context);
  }
  // A command may be the first word of others: `checkout`, `checkout ls`.
  const member = commandNamed(`${first} ${second}`);
  if (member !== null) return runCommand(member, argv.slice(2), context);
  const entry = commandNamed(first);
  if (entry !== null) return runCommand(entry, argv.slice(1), context);
  if (isHelp(first)) return overview(second === '--help' || isHelp(second) ? '' : second, context);
  if (!groupNames().includes(first))
    throw unknownCommand(first, [...commandEntries.map(({ name }) => name), ...groupNames()]);
  if (isHelp(second)) return overview(first, context);
  throw unknownCommand(
    `${first} ${second}`,
    commandEntries.map(({ name }) => name).filter((name) => name.startsWith(`${first} `)),
  );
}

async function runCommand(entry: CommandEntry, argv: readonly string[], context: Context): Promise<ExitCode> {
  const command = await entry.load();
  const { input, help } = withHint(entry, () => parseArguments(argv, command));
  if (!help) return command.run(context, input);
  for (const line of commandLines(entry, command, context.out.style)) context.out.line(line);
  return 0;
}

/** Adds the command's own help to what is wrong with its arguments. */
function withHint<Value>({ name }: CommandEntry, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    throw new GuiseError(error.code, `${error.message} (see guise ${name} --help)`, { cause: error });
  }
}

function overview(group: string, { out }: Context): ExitCode {
  if (group !== '' && !groupNames().includes(group)) throw unknownCommand(group, groupNames());
  for (const line of overviewLines(commandEntries, group, out.style)) out.line(line);
  return 0;
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h' || word === 'help' || word === '--json';
}

function unknownCommand(typed: string, names: readonly string[]): GuiseError {
  // Half a word is a beginning more often than a misspelling.
  const nearest = names.find((name) => name.startsWith(typed)) ?? nearName(typed, names);
  const hint = nearest === undefined ? 'guise --help lists them' : `did you mean guise ${nearest}?`;
  return new GuiseError('argument_invalid', `Unknown command ${JSON.stringify(typed)}; ${hint}`);
}

async function fail(error: unknown, { err, env, json }: Context): Promise<ExitCode> {
  const showStack = env['GUISE_DEBUG'] === '1';
  if (json && error instanceof GuiseError) {
    err.line(
      JSON.stringify({ error: { code: error.code, message: error.message, problems: error.problems } }, null, 2),
    );
  } else {
    for (const line of errorLines(error, err.style, { showStack })) err.line(line);
  }
  return error instanceof GuiseError ? exitCodeOf(error) : 1;
}
