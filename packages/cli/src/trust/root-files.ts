/** Roots as files. Throws: what reading an envelope throws; `root_refused`. */
import { openRoot, type TrustedRoot, unverifiedRoot } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import { type Envelope, payloadTypes, type RootStatement } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { type SigningKey, verifySignature } from '@guise/trust/signing';
import { usableKeyCheck } from '@guise/trust/usable-key';
import { distinctKeys } from './add-signatures.ts';
import { readEnvelopeFile } from './envelope-files.ts';

export interface RootFile {
  readonly envelope: Envelope;
  /** What it says, also when it is not signed by enough yet. */
  readonly statement: RootStatement;
}

export async function readRootFile(path: string): Promise<RootFile> {
  return checkedRoot(readEnvelopeFile(path));
}

/** Everything but whether enough keys signed. */
export async function checkedRoot(envelope: Envelope): Promise<RootFile> {
  return { envelope, statement: unverifiedRoot(envelope, await usableKeyCheck()) };
}

/** A root that was just thought of, signed by whoever is here. Throws: `argument_invalid` when no root can be like that. */
export async function newRootFile(statement: RootStatement, keys: readonly SigningKey[]): Promise<RootFile> {
  const envelope = signStatement(payloadTypes.root, statement, distinctKeys(keys));
  try {
    return await checkedRoot(envelope);
  } catch (cause) {
    if (!(cause instanceof GuiseError)) throw cause;
    throw new GuiseError('argument_invalid', cause.message.replace('accept the trust root', 'make the root'), {
      cause,
    });
  }
}

/** By its own word, for whoever knows where the file is from. */
export async function trustRootFile(path: string): Promise<TrustedRoot> {
  return trustRoot(readEnvelopeFile(path), null);
}

export async function trustRoot(envelope: Envelope, previous: TrustedRoot | null): Promise<TrustedRoot> {
  return openRoot(envelope, previous, { verify: verifySignature, isUsableKey: await usableKeyCheck() });
}

/** Null when the root is good; else what it still lacks. */
export async function lackOf(envelope: Envelope, previous: TrustedRoot | null): Promise<string | null> {
  try {
    await trustRoot(envelope, previous);
    return null;
  } catch (error) {
    if (error instanceof GuiseError) return error.message;
    throw error;
  }
}
