/** A version of a persona, signed by the development key of this control plane: what an author's key does where there is a root. */
import { encodeEnvelope, personaContent } from '@guise/decide/trust';
import { type Digest, digestOfBytes, limits, type ResolvedPersona } from '@guise/model';
import { payloadTypes } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import type { SigningKey } from '@guise/trust/signing';
import type { VersionEnvelope } from '../store/version-envelopes.ts';
import type { Served } from './served-trust.ts';

export interface VersionToSign {
  readonly persona: ResolvedPersona;
  readonly version: number;
  /** Of the payload of the version before. */
  readonly previous: Digest | null;
  readonly nowMs: number;
}

export function signVersion(
  served: Served,
  key: SigningKey,
  { persona, version, previous, nowMs }: VersionToSign,
): VersionEnvelope {
  const { organization, environment, root } = served;
  const expiresAt = new Date(nowMs + limits.signatureLifeMs).toISOString();
  const statement = {
    organization,
    environment,
    version,
    previous,
    expires_at: expiresAt,
    ...personaContent(persona),
  };
  const envelope = signStatement(payloadTypes.persona, statement, [key]);
  return {
    envelope: encodeEnvelope(envelope),
    payloadDigest: digestOfBytes(Buffer.from(envelope.payload, 'base64')),
    expiresAt: [expiresAt, root.expiresAt].toSorted()[0] ?? expiresAt,
    signers: [root.keys.get(key.keyId)?.name ?? key.keyId],
  };
}
