/**
 * Names of everything a lab creates on the machine, each a function of the lab's directory and name alone.
 *
 * So `down` needs no record to find what a killed `up` left behind, and labs in different directories never meet.
 * Invariant: interface names have at most 15 characters (IFNAMSIZ); a machine name keeps `vb-MACHINE` within that
 * for host names of up to 4 characters, beyond which systemd-nspawn shortens it with a hash.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GuiseError } from '@guise/model';

export interface PoolPaths {
  /** The btrfs filesystem that all labs of this directory share, as a sparse file. */
  readonly image: string;
  readonly mountPoint: string;
  readonly lock: string;
  readonly labs: string;
  /** Cgroup of the base build, relative to each hierarchy's root. */
  readonly buildCgroup: string;
}

export interface LabNames {
  readonly directory: string;
  readonly name: string;
  /** Six hexadecimal digits. */
  readonly id: string;
  readonly bridge: string;
  readonly nftTable: string;
  /** Relative to each hierarchy's root; a host's is one level below. */
  readonly cgroup: string;
  readonly stateDirectory: string;
  readonly lock: string;
  readonly roots: string;
  readonly pool: PoolPaths;
}

/** All cgroups of all labs live below this one. */
export const cgroupParent = 'guise-lab';

const namePattern = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** Throws: `argument_invalid` when a lab, host or snapshot cannot have this name. */
export function checkName(name: string, what: 'lab' | 'host' | 'snapshot'): string {
  if (namePattern.test(name)) return name;
  throw new GuiseError(
    'argument_invalid',
    `Cannot name a ${what} ${JSON.stringify(name.slice(0, 80))}: it must be a lower-case letter, then letters, digits and "-", at most 32`,
  );
}

export function poolPaths(directory: string): PoolPaths {
  return {
    image: join(directory, 'pool.btrfs'),
    mountPoint: join(directory, 'pool'),
    lock: join(directory, 'locks', '.pool'),
    labs: join(directory, 'labs'),
    buildCgroup: join(cgroupParent, `build-${shortDigest(directory)}`),
  };
}

export function labNames(directory: string, name: string): LabNames {
  checkName(name, 'lab');
  const id = shortDigest(`${directory}\0${name}`);
  const pool = poolPaths(directory);
  return {
    directory,
    name,
    id,
    bridge: `guise-${id}`,
    nftTable: `guise-${id}`,
    cgroup: join(cgroupParent, id),
    stateDirectory: join(pool.labs, name),
    lock: join(directory, 'locks', name),
    roots: join(pool.mountPoint, 'labs', name),
    pool,
  };
}

export function machineName(lab: LabNames, host: string): string {
  return `g${lab.id}-${host}`;
}

/** One more level than the lab's cgroup: `guise-lab/1a2b3c/h1`. */
export function hostCgroup(lab: LabNames, host: string): string {
  return join(lab.cgroup, host);
}

export function hostRoot(lab: LabNames, host: string): string {
  return join(lab.roots, host);
}

export function snapshotRoot(lab: LabNames, host: string, label: string): string {
  return join(lab.roots, `${host}@${label}`);
}

/** The root that a host is to have, until it is whole. No host's name has a dot. */
export function nextRoot(lab: LabNames, host: string): string {
  return join(lab.roots, `${host}.next`);
}

/** The root that a host had, while the next one takes its place. */
export function formerRoot(lab: LabNames, host: string): string {
  return join(lab.roots, `${host}.former`);
}

/** Held by whoever does something to the host for a control plane. */
export function hostTurn(lab: LabNames, host: string): string {
  return `${lab.lock}@${host}`;
}

export function hostLog(lab: LabNames, host: string): string {
  return join(lab.stateDirectory, `${host}.log`);
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}
