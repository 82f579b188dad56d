/** A statement becomes an envelope: its canonical JSON, signed by every key that is given; signatures are in the order of key ids. */
import type { Json } from '@guise/model';
import { canonicalJson } from '@guise/model';
import { type Envelope, type PayloadType, preAuthEncoding } from '@guise/model/trust';
import type { SigningKey } from './signing.ts';

export function signStatement(payloadType: PayloadType, statement: object, keys: readonly SigningKey[]): Envelope {
  return signPayload(payloadType, Buffer.from(canonicalJson(statement as Json)), keys);
}

/** For one more signature over what others have signed. */
export function signPayload(payloadType: string, payload: Buffer, keys: readonly SigningKey[]): Envelope {
  const message = preAuthEncoding(payloadType, payload);
  return {
    payload: payload.toString('base64'),
    payloadType,
    signatures: keys
      .map((key) => ({ keyid: key.keyId, sig: Buffer.from(key.sign(message)).toString('base64') }))
      .sort((a, b) => (a.keyid < b.keyid ? -1 : 1)),
  };
}
