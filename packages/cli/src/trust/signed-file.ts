/**
 * A signature becomes a file: signed by everybody who is here, checked against the root where there is one, written as a whole, and told.
 *
 * Throws: `signature_missing` for a key that the root does not have; then nothing is written.
 */
import type { TrustedRoot } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Context } from '../context.ts';
import { printJson } from '../print-json.ts';
import { openAuthored, titleOf, unverifiedAuthored } from './authored.ts';
import { writeEnvelopeFile } from './envelope-files.ts';
import { readSigningKey } from './key-files.ts';
import { shortTime } from './print-root.ts';

export type SigningFile = ReturnType<typeof readSigningKey>;

/** Throws: `argument_invalid` when there is none. */
export function readSigningKeys(paths: readonly string[], trusted: TrustedRoot | null): readonly SigningFile[] {
  if (paths.length === 0) throw new GuiseError('argument_invalid', 'Cannot sign: --key is missing');
  const keys = paths.map(readSigningKey);
  const stranger = trusted === null ? undefined : keys.find(({ keyId }) => !trusted.keys.has(keyId));
  if (stranger === undefined) return keys;
  throw new GuiseError('signature_missing', `Cannot sign: ${stranger.name} (${stranger.keyId}) is no key of the root`);
}

export interface SignedFile {
  readonly file: string;
  readonly envelope: Envelope;
  /** Whoever signed just now, to be called by name. */
  readonly keys: readonly SigningFile[];
  readonly trusted: TrustedRoot | null;
}

export function keepSigned(context: Context, { file, envelope, keys, trusted }: SignedFile): void {
  const { statement, digest } = unverifiedAuthored(envelope);
  const lack = trusted === null ? null : lackOf(envelope, trusted);
  writeEnvelopeFile(file, envelope);
  const names = new Map([
    ...keys.map(({ keyId, name }) => [keyId, name] as const),
    ...[...(trusted?.keys.values() ?? [])].map(({ keyId, name }) => [keyId, name] as const),
  ]);
  const signedBy = envelope.signatures.map(({ keyid }) => names.get(keyid) ?? keyid).toSorted();
  if (context.json) {
    const { persona: _, ...shown } = { persona: null, ...statement };
    const complete = trusted === null ? null : lack === null;
    printJson(context, { file, ...shown, digest, signed_by: signedBy, complete, lack });
    return;
  }
  const { organization, environment, expires_at: end } = statement;
  context.out.line(`${titleOf(statement)} for ${organization}/${environment} until ${shortTime(end)}`);
  context.out.line(`  signed by ${signedBy.join(', ')}: ${file}`);
  if (lack !== null) context.err.line(`not enough yet: ${lack}`);
}

/** Null when the root says that it is signed by enough. */
function lackOf(envelope: Envelope, trusted: TrustedRoot): string | null {
  try {
    openAuthored(envelope, trusted, { environment: null, nowMs: Date.now() });
    return null;
  } catch (error) {
    if (error instanceof GuiseError && error.code === 'signature_missing') return error.message;
    throw error;
  }
}
