/**
 * Checkpoints of the audit log: how long it is and its root, as a signed note.
 *
 * A note has one spelling, and exactly one signature: any byte changed is refused.
 * Source: https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note (Ed25519, the key is named like the log).
 * Throws: `audit_broken` for what is no checkpoint, or none by this key.
 */
import { createHash } from 'node:crypto';
import { GuiseError, limits } from '@guise/model';
import { type SigningKey, verifySignature } from './signing.ts';

export interface Checkpoint {
  /** The log's name: `guise.<organization>/<database id>`. */
  readonly origin: string;
  /** Entries. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const hashBytes = 32;
const keyHashBytes = 4;
const signatureBytes = 64;
/** Of Ed25519, among the kinds of signatures that a note may have. */
const signatureType = 1;
const note = /^([^\s+]{1,200})\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n— ([^\s+]{1,200}) ([A-Za-z0-9+/]{91}=)\n$/u;

export function signCheckpoint(key: SigningKey, { origin, size, root }: Checkpoint): string {
  const body = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  const signature = Buffer.concat([keyHash(origin, key.publicKey), key.sign(Buffer.from(body))]);
  return `${body}\n— ${origin} ${signature.toString('base64')}\n`;
}

/** What stands in a note that this key (32 bytes as base64) has signed. */
export function openCheckpoint(text: string, publicKey: string): Checkpoint {
  const parsed = parse(text);
  if (parsed === null)
    throw new GuiseError('audit_broken', 'Cannot read the checkpoint: it is not a signed note of one');
  const { checkpoint, body, signature } = parsed;
  const isByKey = signature.subarray(0, keyHashBytes).equals(keyHash(checkpoint.origin, publicKey));
  if (isByKey && verifySignature(publicKey, Buffer.from(body), signature.subarray(keyHashBytes))) return checkpoint;
  throw new GuiseError(
    'audit_broken',
    `Cannot believe the checkpoint of ${checkpoint.size} entries: it is not signed by the key ${publicKey}`,
  );
}

function parse(text: string) {
  const [, origin = '', size = '', root = '', name = '', sig = ''] =
    text.length > limits.checkpointChars ? [] : (note.exec(text) ?? []);
  const rootBytes = bytesOf(root, hashBytes);
  const signature = bytesOf(sig, keyHashBytes + signatureBytes);
  if (rootBytes === null || signature === null || name !== origin || !Number.isSafeInteger(Number(size))) return null;
  const checkpoint: Checkpoint = { origin, size: Number(size), root: rootBytes };
  return { checkpoint, body: text.slice(0, text.indexOf('\n\n') + 1), signature };
}

/** Null unless it is the one way to write so many bytes. */
function bytesOf(base64: string, length: number): Buffer | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === length && bytes.toString('base64') === base64 ? bytes : null;
}

function keyHash(name: string, publicKey: string): Buffer {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(signatureType));
  return hash.update(Buffer.from(publicKey, 'base64')).digest().subarray(0, keyHashBytes);
}
