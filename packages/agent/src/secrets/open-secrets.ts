/**
 * Puts the values of secrets into what layers want written, in memory, and gives it the digest that only this host can make.
 *
 * Shape: compiled layers → the same, with every `secret:` digest in their claims replaced by an `hmac-sha256:` one that `blobs` has.
 * Nothing is asked of the source for layers that need no secret.
 * Throws: what the source throws.
 */
import type { Claim, CompiledLayer } from '@guise/decide';
import type { Digest, Layer, SecretContent } from '@guise/model';
import { GuiseError, isRecipeDigest, limits } from '@guise/model';
import type { Blobs } from '../resources/adapter.ts';
import type { Redactor } from './redactor.ts';
import type { SecretSource } from './secret-source.ts';

export interface OpenSecretsInput {
  readonly layers: readonly Layer[];
  readonly compiled: readonly CompiledLayer[];
  readonly source: SecretSource;
  readonly blobs: Blobs;
  readonly redactor: Redactor;
}

export function openSecrets({ layers, compiled, source, blobs, redactor }: OpenSecretsInput): readonly CompiledLayer[] {
  return compiled.map((each, index) => {
    const layer = layers[index];
    if (each.secretContents.size === 0 || layer === undefined) return each;
    const value = (name: string): Uint8Array => {
      const opened = source.open(name, layer);
      redactor.add(opened);
      return opened;
    };
    const digests = new Map<Digest, Digest>();
    for (const [recipe, content] of each.secretContents) {
      digests.set(recipe, blobs.put(bytesOf(content, value), { secret: true }));
    }
    return { ...each, claims: each.claims.map((claim) => withDigests(claim, digests)) };
  });
}

function bytesOf(content: SecretContent, value: (name: string) => Uint8Array): Uint8Array {
  const bytes = Buffer.concat(
    content.map((part) => (typeof part === 'string' ? Buffer.from(part) : value(part.secret))),
  );
  if (bytes.length <= limits.fileSizeBytes) return bytes;
  throw new GuiseError(
    'limit_exceeded',
    `Cannot make a file of text and secrets: it may have ${limits.fileSizeBytes} bytes at most`,
  );
}

function withDigests(claim: Claim, digests: ReadonlyMap<Digest, Digest>): Claim {
  if (claim.field !== 'digest') return claim;
  const operands = claim.operands.map((operand) => {
    if (!('set' in operand) || !isRecipeDigest(operand.set)) return operand;
    return { set: digests.get(operand.set) ?? operand.set };
  });
  return { ...claim, operands };
}
