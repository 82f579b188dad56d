/**
 * Envelopes as text, each in one spelling: canonical JSON, canonical base64, signatures in the order of their key ids.
 *
 * On the wire nothing follows the JSON; a file ends with exactly one line feed. Any other byte is refused, also one that means nothing.
 * Shape: at most `limits.envelopeSizeBytes`, bounded before anything is parsed.
 * Throws: `envelope_invalid`, naming what is wrong.
 * Source: docs/adr/0017-signed-envelopes.md.
 */
import { canonicalJson, limits } from '@guise/model';
import { type Envelope, envelope as schema } from '@guise/model/trust';
import { canonicalValue } from './canonical-value.ts';
import { conforming, type Refuse, refuser } from './refusal.ts';

const lineFeed = 0x0a;
const bounds = {
  sizeBytes: limits.envelopeSizeBytes,
  depth: limits.envelopeDepth,
  values: limits.envelopeValues,
};

/** As on the wire and in databases. */
export function decodeEnvelope(input: Uint8Array | string): Envelope {
  const refuse = refuser('the envelope', 'envelope_invalid');
  return checkedEnvelope(canonicalValue(input, bounds, refuse), refuse);
}

/** As in files. */
export function decodeEnvelopeFile(bytes: Uint8Array): Envelope {
  if (bytes.at(-1) !== lineFeed) {
    throw refuser('the envelope', 'envelope_invalid')('a file must end with one line feed, and it does not');
  }
  return decodeEnvelope(bytes.subarray(0, -1));
}

export function encodeEnvelope({ payload, payloadType, signatures }: Envelope): string {
  return canonicalJson({ payload, payloadType, signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig })) });
}

export function encodeEnvelopeFile(envelope: Envelope): string {
  return `${encodeEnvelope(envelope)}\n`;
}

/** An envelope that came as part of something else, such as a message. */
export function checkedEnvelope(value: unknown, refuse: Refuse): Envelope {
  const envelope = conforming(schema, value, refuse);
  for (const [index, { keyid }] of envelope.signatures.entries()) {
    const before = envelope.signatures[index - 1]?.keyid ?? '';
    if (keyid === before) throw refuse(`it has two signatures by ${JSON.stringify(keyid)}`);
    if (keyid < before) throw refuse('its signatures are not in the order of their key ids');
  }
  return envelope;
}
