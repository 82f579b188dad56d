/**
 * How the audit log hashes: leaves and inner nodes begin with different bytes, so that neither can be taken for the other.
 *
 * SHA-256 is passed in, because Node's is ten times as fast as one in JavaScript, and what is pure has no Node.
 * Source: RFC 6962, 2.1.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const leafPrefix = 0;
const nodePrefix = 1;

export function leafHash(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + entry.length);
  bytes[0] = leafPrefix;
  bytes.set(entry, 1);
  return sha256(bytes);
}

export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + left.length + right.length);
  bytes[0] = nodePrefix;
  bytes.set(left, 1);
  bytes.set(right, 1 + left.length);
  return sha256(bytes);
}

/** Of a log without entries. */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array());
}

export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
