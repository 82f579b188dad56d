/**
 * Where guise keeps things on this machine, for root and for others.
 *
 * `start` and `up` have directories of their own, so that tearing them down never takes a real control plane along.
 */
import { dirname, join } from 'node:path';

type Env = { readonly [name: string]: string | undefined };

export interface Places {
  /** Of `guise server`. */
  readonly server: string;
  /** Of the control plane that `start` and `up` run; goes when they go. */
  readonly trial: string;
}

export const adminTokenFile = 'admin-token';
export const defaultServerUrl = 'http://127.0.0.1:7070';

/** This checkout: hosts of the lab see it, and its `personas/` is the library that ships. */
export const repository: string = dirname(dirname(dirname(import.meta.dirname)));

export function placesFor(env: Env, isRoot: boolean): Places {
  const base = isRoot
    ? '/var/lib/guise'
    : join(env['XDG_STATE_HOME'] || join(env['HOME'] || '/tmp', '.local/state'), 'guise');
  return { server: join(base, 'server'), trial: join(base, 'trial') };
}
