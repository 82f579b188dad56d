/**
 * Where guise keeps things on this machine, for root and for others.
 *
 * `start` and `up` have directories of their own, so that tearing them down never takes a real control plane along. Root's control
 * planes are not below the agent's `/var/lib/guise`, which is closed to the account that they run as.
 */
import { dirname, join } from 'node:path';

type Env = { readonly [name: string]: string | undefined };

export interface Places {
  /** Of `guise server`. */
  readonly server: string;
  /** Of `start` and `up`; goes when they go. */
  readonly trial: string;
  /** Of the control plane that they run. */
  readonly trialServer: string;
}

export const adminTokenFile = 'admin-token';
export const defaultServerUrl = 'http://127.0.0.1:7070';

/** This checkout: hosts of the lab see it, and its `personas/` is the library that ships. */
export const repository: string = dirname(dirname(dirname(import.meta.dirname)));

export function placesFor(env: Env, isRoot: boolean): Places {
  const base = isRoot
    ? '/var/lib/guise-'
    : `${join(env['XDG_STATE_HOME'] || join(env['HOME'] || '/tmp', '.local/state'), 'guise')}/`;
  return { server: `${base}server`, trial: `${base}trial`, trialServer: `${base}trial/server` };
}
