/**
 * The root filesystem of one host: a snapshot of the base, with the few files that make it this host.
 *
 * Source: machine-id(5): without one, systemd would take the first boot for an installation and enable every unit.
 */
import { randomUUID } from 'node:crypto';
import type { Json } from '@guise/model';
import { machineResolvConf, writeInto } from './base-image.ts';
import type { Execute } from './command.ts';
import { hostRoot, type LabNames } from './names.ts';
import { addressOf, outerAddress } from './network.ts';
import { deleteSubvolumes, snapshotSubvolume } from './pool.ts';

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
  await deleteSubvolumes(lab.pool, [root], execute);
  await snapshotSubvolume(base, root, execute);
  for (const [path, content] of Object.entries(identityFiles(identity))) writeInto(root, path, content);
  if (identity.agentConfig !== undefined) {
    writeInto(root, 'etc/guise/agent.json', `${JSON.stringify(identity.agentConfig, null, 2)}\n`, 0o600);
  }
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
