/**
 * A DSSE envelope: bytes, what they are, and who signed them.
 *
 * Signatures are over the payload's bytes as they came, so nothing has to be parsed before it is known who stands behind it.
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md; docs/adr/0017-signed-envelopes.md.
 */
import { z } from 'zod';
import { limits } from '../limits.ts';
import { isCanonicalBase64 } from './base64.ts';

const base64 = z.string().refine(isCanonicalBase64, 'must be base64 in its canonical spelling');

export const envelope = z
  .strictObject({
    /** Canonical JSON of a statement, as base64. */
    payload: z.string().max(limits.envelopePayloadChars).pipe(base64),
    payloadType: z.string().max(128),
    signatures: z
      .array(z.strictObject({ keyid: z.string().max(80), sig: z.string().length(88).pipe(base64) }))
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
