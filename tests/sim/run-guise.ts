/** `./guise` as people run it: a program of its own, which finds nothing of this environment but what it is given. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { RunningServer } from '@guise/server';

export const guise: string = join(import.meta.dirname, '../../guise');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  /** Its home and its folder. */
  readonly directory: string;
  /** Whom it asks, as the admin; left out, whom it is logged in with. */
  readonly server?: Pick<RunningServer, 'url' | 'adminToken'> | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

export function runGuise(argv: readonly string[], { directory, server, env = {} }: Surroundings): Promise<Ran> {
  const connection = server === undefined ? {} : { GUISE_SERVER: server.url, GUISE_TOKEN: server.adminToken };
  const options = {
    env: { PATH: process.env['PATH'], HOME: directory, NO_COLOR: '1', ...connection, ...env },
    cwd: directory,
  };
  return new Promise((resolve) => {
    execFile(guise, [...argv], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}
