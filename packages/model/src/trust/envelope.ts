/**
 * A DSSE envelope: bytes, what they are, and who signed them.
 *
 * Signatures are over the payload's bytes as they came, so nothing has to be parsed before it is known who stands behind it.
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md; docs/adr/0017-signed-envelopes.md.
 */
import { z } from 'zod';
import { limits } from '../limits.ts';

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64');

export const envelope = z
  .strictObject({
    /** Canonical JSON of a statement, as base64. */
    payload: base64.max(limits.envelopePayloadChars),
    payloadType: z.string().max(128),
    signatures: z
      .array(z.strictObject({ keyid: z.string().max(80), sig: base64.length(88) }))
      .min(1)
      .max(limits.signaturesPerEnvelope),
  })
  .meta({ id: 'Envelope' });

export type Envelope = z.output<typeof envelope>;

/** Kinds of statements; part of what is signed, so that one can never be taken for another. */
export const payloadTypes = {
  persona: 'application/vnd.guise.persona.v1+json',
  root: 'application/vnd.guise.root.v1+json',
  rollback: 'application/vnd.guise.rollback.v1+json',
} as const;

export type PayloadType = (typeof payloadTypes)[keyof typeof payloadTypes];
