/**
 * All that guise could have changed on a host, hashed by name, so that "the same as before" can be checked and what is not can be named.
 *
 * Taken by the program that the tests use, inside the host. Without the data of a running database, which changes by itself.
 */
import { count } from '../../render/text.ts';
import { require, type Stage } from './step.ts';

type Fingerprint = { readonly [section: string]: { readonly [key: string]: string } };

const program = [
  '/opt/guise/node_modules/node/bin/node',
  '--disable-warning=ExperimentalWarning',
  '/opt/guise/tests/host/fingerprint.ts',
];
const changesByItself = /^\/var\/lib\/postgresql\//;
const namesShown = 5;

/** Throws: `verify_failed` when it cannot be taken. */
export async function fingerprintOf({ lab, host }: Stage): Promise<Fingerprint> {
  const { status, stdout, stderr } = await lab.run(host.name, program);
  require(status === 0, `the host cannot be looked over: ${stderr.trim()}`);
  return JSON.parse(stdout) as Fingerprint;
}

/** How much of the host was compared. Throws: `verify_failed` with what is not the same. */
export function requireSame(before: Fingerprint, after: Fingerprint): string {
  const different = sectionsOf(before, after).flatMap((section) => differences(section, before, after));
  const shown = different.slice(0, namesShown).join(', ');
  require(different.length === 0, `the host is not as before in ${count(different.length, 'place')}: ${shown}`);
  const sizeOf = (section: string) => Object.keys(after[section] ?? {}).length;
  return `${count(sizeOf('files'), 'file')}, ${count(sizeOf('sysctl'), 'sysctl')}, every package, service, route and firewall rule`;
}

function sectionsOf(before: Fingerprint, after: Fingerprint): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

function differences(section: string, before: Fingerprint, after: Fingerprint): readonly string[] {
  const [was = {}, is = {}] = [before[section], after[section]];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (key) => was[key] !== is[key] && !changesByItself.test(key),
  );
}
