/**
 * Gives every target at a secret address a digest of the host's own, so that it can be compared with what is there and its content
 * lies encrypted in the journal: also one that is no secret itself, such as what a file was before.
 *
 * Content that is not at hand is left as it is named; then nothing would write it either.
 */
import type { Claim } from '@guise/decide';
import type { Address, State } from '@guise/model';
import { isKeyedDigest, isSecretState } from '@guise/model';
import type { BlobStore } from '../engine/blob-store.ts';
import { secretlyClaimed } from '../engine/claims.ts';

export function sealTargets(
  targets: ReadonlyMap<Address, State>,
  secrets: ReadonlySet<Address>,
  blobs: BlobStore,
): ReadonlyMap<Address, State> {
  if (secrets.size === 0) return targets;
  const sealed = new Map(targets);
  for (const address of secrets) {
    const target = targets.get(address);
    const digest = target?.['digest'];
    if (target === undefined || typeof digest !== 'string' || isKeyedDigest(digest)) continue;
    const content = blobs.find(digest as never);
    if (content !== null) sealed.set(address, { ...target, digest: blobs.put(content, { secret: true }) });
  }
  return sealed;
}

/** One sentence for each file that has a secret in it and that everybody on the host may read. */
export function openToAll(targets: ReadonlyMap<Address, State>, claims: readonly Claim[]): readonly string[] {
  return [...new Set(secretlyClaimed(claims))].flatMap((address) => {
    const target = targets.get(address);
    const mode = target?.['mode'];
    if (!isSecretState(target) || typeof mode !== 'string' || (Number.parseInt(mode, 8) & 0o004) === 0) return [];
    return [`${address} has a secret in it, and its mode ${mode} lets everybody on this host read it`];
  });
}
