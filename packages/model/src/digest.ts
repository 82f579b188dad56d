/** SHA-256 over bytes and over JSON values, in the one form that is stored, signed and compared. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical.ts';
import type { Digest } from './ids.ts';
import type { Json } from './json.ts';

export function digestOfBytes(bytes: Uint8Array): Digest {
  return `sha256:${bytesToHex(sha256(bytes))}` as Digest;
}

/** Equal values have equal digests, whatever the order of their keys. */
export function digestOfJson(value: Json): Digest {
  return digestOfBytes(new TextEncoder().encode(canonicalJson(value)));
}
