/** The host with a running PostgreSQL: what is in it as its own dump, because its files change all the time by themselves. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Snapshots } from '@guise/agent';
import { diffFingerprints, type Fingerprint, fingerprint } from '../fingerprint.ts';

const dataDirectory = '/var/lib/postgresql/';
const dumpArgv = ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--', 'pg_dumpall'];

export const databaseSnapshots: Snapshots<Fingerprint> = {
  async take() {
    const { files = {}, ...rest } = await fingerprint();
    const others = Object.entries(files).filter(([path]) => !path.startsWith(dataDirectory));
    return { ...rest, files: Object.fromEntries(others), dump: { lines: await dump() } };
  },
  differences: diffFingerprints,
};

/** Newer dumps hold a random word that keeps others from injecting commands. */
async function dump(): Promise<string> {
  const { stdout } = await promisify(execFile)('setpriv', dumpArgv, { cwd: '/' });
  return stdout.replace(/^\\(un)?restrict .*$/gm, '');
}
