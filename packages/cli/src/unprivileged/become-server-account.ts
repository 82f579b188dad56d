/**
 * Turns a process of root into one of an account without rights, before it opens anything, by executing itself anew.
 *
 * The same process goes on: its number, its input and its output stay. User and group are set for good (real, effective, saved),
 * supplementary groups, capabilities and the bounding set are emptied, and no program that it starts can gain any.
 * Where the account cannot get at guise's own files, because a directory above them is closed to others, the process keeps
 * CAP_DAC_READ_SEARCH and nothing else, and a line says so and how to end it.
 * Throws: `not_permitted` when this process may not change who it is.
 * Source: setpriv(1), capabilities(7), docs/adr/0022-unprivileged-server.md.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GuiseError } from '@guise/model';
import { repository } from '../places.ts';
import type { ServerAccount } from './server-account.ts';

export interface BecomeOptions {
  readonly account: ServerAccount;
  /** Of the command line: what follows `guise`. */
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string | undefined };
  readonly report: (line: string) => void;
}

const noCapabilities = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];
const readingOnly = [
  '--inh-caps=-all,+dac_read_search',
  '--ambient-caps=-all,+dac_read_search',
  '--bounding-set=-all,+dac_read_search',
  '--securebits=+no_setuid_fixup',
];

export function becomeServerAccount({ account, argv, env, report }: BecomeOptions): never {
  const [main = ''] = process.argv.slice(1);
  const needed = [main, join(repository, 'packages/server/src/main.ts')];
  const plain = [...identity(account), ...noCapabilities, '--'];
  const isOpen = mayRun(plain, process.execPath, needed);
  if (!isOpen) report(closedWarning(account, [process.execPath, ...needed]));
  const chosen = isOpen ? plain : [...identity(account), ...readingOnly, '--'];
  const program = [process.execPath, ...process.execArgv, main, ...argv];
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  process.execve!(pathOf('setpriv', env), [...chosen, ...program], { ...Object.fromEntries(defined), HOME: '/' });
  throw new GuiseError('not_permitted', 'Cannot give up the rights of root: setpriv could not be executed');
}

function identity({ uid, gid }: ServerAccount): readonly string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
}

/** Whether the account may execute Node and read these, asked of the kernel as that account. */
function mayRun([setpriv = '', ...as]: readonly string[], node: string, needed: readonly string[]): boolean {
  const asked = ['test', '-x', node, ...needed.flatMap((path) => ['-a', '-r', path])];
  const { status, stderr, error } = spawnSync(setpriv, [...as, ...asked], { encoding: 'utf8', cwd: '/' });
  if (status === 0 || status === 1) return status === 0;
  throw new GuiseError(
    'not_permitted',
    `Cannot give up the rights of root: ${error?.message ?? (stderr.trim() || `setpriv exited with ${status}`)}`,
  );
}

function closedWarning({ name }: ServerAccount, paths: readonly string[]): string {
  const closed = [...new Set(paths.flatMap(closedAbove))];
  const fix = closed.length === 0 ? `let "${name}" read ${repository}` : `chmod o+x ${closed.join(' ')}`;
  return `The account "${name}" cannot reach guise's own files, so it keeps the right to read every file of this machine; to end that: ${fix}`;
}

/** Directories above a path through which not everybody may pass, highest first. */
function closedAbove(path: string): readonly string[] {
  const above = dirname(path);
  if (above === path) return [];
  return [...closedAbove(above), ...((statSync(above).mode & 0o001) === 0 ? [above] : [])];
}

function pathOf(program: string, env: BecomeOptions['env']): string {
  const folders = ['/usr/bin', '/bin', ...(env['PATH'] ?? '').split(':')].filter((folder) => folder.startsWith('/'));
  const found = folders
    .map((folder) => join(folder, program))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (found !== undefined) return found;
  throw new GuiseError('not_permitted', `Cannot give up the rights of root: ${program} (util-linux) is not installed`);
}
