/** More signatures under what an envelope says already; who signed it before signs nothing again. Throws: `limit_exceeded`. */
import { GuiseError, limits } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { signPayload } from '@guise/trust/sign-statement';
import type { SigningKey } from '@guise/trust/signing';

export function addSignatures(envelope: Envelope, keys: readonly SigningKey[]): Envelope {
  const ids = keys.map(({ keyId }) => keyId);
  const { signatures } = signPayload(envelope.payloadType, Buffer.from(envelope.payload, 'base64'), distinctKeys(keys));
  const all = [...envelope.signatures.filter(({ keyid }) => !ids.includes(keyid)), ...signatures];
  if (all.length > limits.signaturesPerEnvelope) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot sign: an envelope may have ${limits.signaturesPerEnvelope} signatures`,
    );
  }
  return { ...envelope, signatures: all.sort((a, b) => (a.keyid < b.keyid ? -1 : 1)) };
}

/** One key may have been given twice, and signs once. */
export function distinctKeys(keys: readonly SigningKey[]): readonly SigningKey[] {
  return [...new Map(keys.map((key) => [key.keyId, key])).values()];
}
