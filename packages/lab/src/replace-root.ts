/**
 * Gives a host another root: the one that it had at a snapshot, or a fresh one of an image. The agent's own state comes along.
 *
 * A root takes the place of another whole or not at all. The next one is made beside it. Once it is whole the host's record says so,
 * and from then on it is the host's root whatever happens: whoever uses the host next ends the exchange first.
 *
 * | killed                                    | then                                                         |
 * | ----------------------------------------- | ------------------------------------------------------------ |
 * | before the record says that it is whole   | the host has the root that it had; what was made is removed  |
 * | after that, between any two steps         | `settleRoot` puts the next one in its place                  |
 *
 * Invariant: `settleRoot` comes before anything boots, so that no host is ever booted from half a root, or from an identity that went back.
 * Every function expects the caller to hold the lab's lock.
 */

import type { Execute } from './command.ts';
import type { LabContext } from './host-boot.ts';
import { exchangeRoots, makeNextRoot, type NextRoot, removeOtherRoots } from './host-root.ts';
import type { ImageName } from './images.ts';
import { readRecord, writeRecord } from './lab-state.ts';
import { hostCgroup } from './names.ts';

export interface Replacement extends NextRoot {
  readonly image: ImageName;
}

/** Stops the host as a power cut would; it is not booted again. */
export async function replaceRoot(
  context: LabContext,
  host: string,
  replacement: Replacement,
  execute: Execute,
): Promise<void> {
  const { names, cgroups } = context;
  await settleRoot(context, host, execute);
  await cgroups.destroy(hostCgroup(names, host));
  await makeNextRoot(names, host, replacement, execute);
  writeRecord(names, { ...readRecord(names, host), next: replacement.image });
  await settleRoot(context, host, execute);
}

/** Ends what whoever was killed began, or takes it back. */
export async function settleRoot({ names }: LabContext, host: string, execute: Execute): Promise<void> {
  const { next, ...record } = readRecord(names, host);
  if (next !== undefined) {
    await exchangeRoots(names, host, execute);
    writeRecord(names, { ...record, image: next });
  }
  await removeOtherRoots(names, host, execute);
}
