/**
 * The root filesystem of one host: a snapshot of an image or of an earlier root, with the few files that make it this host.
 *
 * Every function expects the caller to hold the lab's lock, and the host not to run.
 * Source: machine-id(5): without one, systemd would take the first boot for an installation and enable every unit.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import type { Json } from '@guise/model';
import { carryOver } from './agent-state.ts';
import { machineResolvConf, writeInto } from './base-image.ts';
import type { Execute } from './command.ts';
import { formerRoot, hostRoot, type LabNames, nextRoot } from './names.ts';
import { addressOf, outerAddress } from './network.ts';
import { deleteSubvolumes, snapshotSubvolume } from './pool.ts';
import { readInside } from './root-files.ts';

export interface HostIdentity {
  readonly name: string;
  readonly subnet: number;
  /** Last part of its address. */
  readonly number: number;
  /** What its agent enrols with; absent means that no agent starts. */
  readonly agentConfig?: Json;
}

/** Makes the root anew, whatever was there. */
export async function makeHostRoot(
  lab: LabNames,
  base: string,
  identity: HostIdentity,
  execute: Execute,
): Promise<void> {
  const root = hostRoot(lab, identity.name);
  await deleteSubvolumes(lab.pool, [root, nextRoot(lab, identity.name), formerRoot(lab, identity.name)], execute);
  await snapshotSubvolume(base, root, execute);
  for (const [path, content] of Object.entries(identityFiles(identity))) writeInto(root, path, content);
  if (identity.agentConfig !== undefined) {
    writeInto(root, 'etc/guise/agent.json', `${JSON.stringify(identity.agentConfig, null, 2)}\n`, 0o600);
  }
}

/** Where a next root comes from, and what makes it this host's. */
export interface NextRoot {
  readonly source: string;
  /** A fresh image gets the host's own files; a snapshot has them. */
  readonly identity?: HostIdentity;
}

/**
 * Makes the next root whole. Killed before its end, it has changed nothing of the host.
 * The machine's id stays: it is a fact that personas may use.
 */
export async function makeNextRoot(
  lab: LabNames,
  host: string,
  { source, identity }: NextRoot,
  execute: Execute,
): Promise<void> {
  const [root, next] = [hostRoot(lab, host), nextRoot(lab, host)];
  await deleteSubvolumes(lab.pool, [next], execute);
  await snapshotSubvolume(source, next, execute);
  if (identity !== undefined) {
    const files = { ...identityFiles(identity), ...machineIdOf(root) };
    for (const [path, content] of Object.entries(files)) writeInto(next, path, content);
  }
  carryOver(root, next);
  // The disk must not know of the exchange before it knows of this.
  await execute(['btrfs', 'filesystem', 'sync', next]);
}

/** Puts the next root, which must be whole, in the host's place, for good; where that was begun before, goes on. */
export async function exchangeRoots(lab: LabNames, host: string, execute: Execute): Promise<void> {
  const [root, next, former] = [hostRoot(lab, host), nextRoot(lab, host), formerRoot(lab, host)];
  if (existsSync(next)) {
    if (existsSync(root)) {
      await deleteSubvolumes(lab.pool, [former], execute);
      renameSync(root, former);
    }
    renameSync(next, root);
  }
  // The names must be on the disk before the record says that they are.
  await execute(['btrfs', 'filesystem', 'sync', root]);
}

/** Removes what an exchange has left, or making a next root that did not become whole. */
export async function removeOtherRoots(lab: LabNames, host: string, execute: Execute): Promise<void> {
  const others = [nextRoot(lab, host), formerRoot(lab, host)].filter((path) => existsSync(path));
  if (others.length > 0) await deleteSubvolumes(lab.pool, others, execute);
}

function identityFiles({ name, subnet, number }: HostIdentity): Readonly<Record<string, string>> {
  const address = addressOf(subnet, number);
  const outer = outerAddress(subnet);
  return {
    'etc/hostname': `${name}\n`,
    'etc/hosts': `127.0.0.1 localhost\n${address} ${name}\n${outer} lab-outer\n`,
    'etc/machine-id': `${randomUUID().replaceAll('-', '')}\n`,
    'etc/resolv.conf': machineResolvConf(),
    'etc/lab-network': `link set host0 up\naddress add ${address}/24 dev host0\nroute add default via ${outer}\n`,
  };
}

/** Empty when whoever had the host left none. */
function machineIdOf(root: string): Readonly<Record<string, string>> {
  const text = readInside(root, 'etc/machine-id') ?? '';
  return /^[0-9a-f]{32}\n$/.test(text) ? { 'etc/machine-id': text } : {};
}
