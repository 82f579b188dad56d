/**
 * Who signed an envelope: every signature in it must be by a key that is known, and good.
 *
 * A signature that counts for nothing is refused too, so that nobody can add to an envelope what its signers did not put there.
 * Throws: `signature_missing` for a key that is not known, what `refuse` usually says for a signature that is not good.
 */
import type { VerifySignature } from '@guise/model';
import { bytesOfBase64, type Envelope, preAuthEncoding } from '@guise/model/trust';
import { printable, type Refuse } from './refusal.ts';
import type { Signers, TrustedKey } from './trusted-root.ts';

export interface SignedPayload {
  readonly bytes: Uint8Array;
  /** What the signatures are over. */
  readonly message: Uint8Array;
}

export function signedPayload({ payload, payloadType }: Envelope, expectedType: string, refuse: Refuse): SignedPayload {
  if (payloadType !== expectedType) {
    throw refuse(`its payload type is ${JSON.stringify(printable(payloadType))}, not ${JSON.stringify(expectedType)}`);
  }
  const bytes = bytesOfBase64(payload);
  if (bytes === null) throw refuse('its payload is not canonical base64');
  return { bytes, message: preAuthEncoding(payloadType, bytes) };
}

export interface VerifyOptions {
  readonly keys: ReadonlyMap<string, TrustedKey>;
  readonly verify: VerifySignature;
  readonly refuse: Refuse;
}

export function verifiedSigners(
  envelope: Envelope,
  message: Uint8Array,
  options: VerifyOptions,
): readonly TrustedKey[] {
  const { keys, verify, refuse } = options;
  return envelope.signatures.map(({ keyid, sig }) => {
    const key = keys.get(keyid);
    if (key === undefined) {
      throw refuse(`it is signed by ${printable(keyid)}, which is no key of the root`, 'signature_missing');
    }
    const signature = bytesOfBase64(sig);
    if (signature === null || !verify(key.publicKey, message, signature)) {
      throw refuse(`the signature by ${key.name} is not good`);
    }
    return key;
  });
}

/** Those of `signed` that count. `where` says what they sign. Throws: `signature_missing` when they are too few. */
export function requireSigners(
  { keys, threshold }: Signers,
  signed: readonly TrustedKey[],
  where: { readonly what: string; readonly known: ReadonlyMap<string, TrustedKey>; readonly refuse: Refuse },
): readonly TrustedKey[] {
  const counted = signed.filter(({ keyId }) => keys.includes(keyId));
  // By their bytes, so that not even two ids of one key would count twice.
  const distinct = new Set(counted.map(({ publicKey }) => publicKey));
  if (distinct.size >= threshold) return counted;
  const allowed = keys.map((keyId) => where.known.get(keyId)?.name ?? keyId).join(', ');
  const who = counted.length === 0 ? 'none of them did' : `only ${counted.map(({ name }) => name).join(', ')} did`;
  throw where.refuse(`${threshold} of ${allowed} must sign ${where.what}, and ${who}`, 'signature_missing');
}
