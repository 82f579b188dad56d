/**
 * Signs versions that were published before there were signatures, where this control plane signs itself.
 *
 * One transaction a persona, oldest version first, because each names the one before: killed anywhere, the next start does the rest.
 * Shape: → personas that stay without a signature, because their authors have to sign.
 */
import type { PersonaId, ResolvedPersona } from '@guise/model';
import type { Database, Executor } from '../store/database.ts';
import { lockPersona } from '../store/personas.ts';
import { insertEnvelope, personasUnsigned, versionsToSign } from '../store/version-envelopes.ts';
import type { Served, Trust } from './served-trust.ts';
import { signVersion } from './sign-version.ts';

export async function signEarlierVersions(database: Database, trust: Trust): Promise<readonly PersonaId[]> {
  const unsigned = await personasUnsigned(database);
  if (unsigned.length === 0) return [];
  const served = await trust.served(database);
  if (served.key === null) return unsigned;
  for (const personaId of unsigned)
    await database.transaction().execute((tx) => signPersona(tx, served, personaId, trust.nowMs()));
  return [];
}

async function signPersona(tx: Executor, served: Served, personaId: PersonaId, nowMs: number): Promise<void> {
  await lockPersona(tx, personaId);
  let previous = null;
  for (const { version, content, payloadDigest } of await versionsToSign(tx, personaId)) {
    if (payloadDigest !== null || served.key === null) {
      previous = payloadDigest;
      continue;
    }
    const persona = JSON.parse(content) as ResolvedPersona;
    const signed = signVersion(served, served.key, { persona, version, previous, nowMs });
    await insertEnvelope(tx, { personaId, version }, signed);
    previous = signed.payloadDigest;
  }
}
