/** Which host a command means, and where that host's journal is. */
import { join, resolve } from 'node:path';

export interface HostPlace {
  /** As given; default this machine. */
  readonly root: string | undefined;
  readonly stateDir: string | undefined;
}

const stateBelowRoot = 'var/lib/guise';

export function placesOf({ root, stateDir }: HostPlace, { cwd }: { readonly cwd: string }) {
  const absolute = resolve(cwd, root ?? '/');
  return {
    root: absolute,
    stateDirectory: stateDir === undefined ? join(absolute, stateBelowRoot) : resolve(cwd, stateDir),
  };
}
