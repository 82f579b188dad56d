/** Whom a host or a person believes: a root that was opened, by the ids of its keys. */
import type { Digest } from '@guise/model';
import type { RootStatement, SigningRule } from '@guise/model/trust';

export interface TrustedKey {
  readonly keyId: string;
  readonly name: string;
  /** 32 bytes as base64. */
  readonly publicKey: string;
}

export interface TrustedRoot {
  readonly organization: string;
  readonly version: number;
  /** Of the payload. */
  readonly digest: Digest;
  /** What is signed under a root ends with it. */
  readonly expiresAt: string;
  readonly keys: ReadonlyMap<string, TrustedKey>;
  /** Who signs the next root. */
  readonly root: Signers;
  readonly personas: readonly SigningRule[];
  readonly rollbacks: readonly SigningRule[];
}

export type Signers = RootStatement['root'];

/** A statement whose signatures were verified and are enough. */
export interface Opened<Statement> {
  readonly statement: Statement;
  /** Of the payload. */
  readonly digest: Digest;
  /** Names of the keys that signed and that count. */
  readonly signers: readonly string[];
  /** The statement's end or the root's, whichever is earlier. */
  readonly expiresAt: string;
  /** Then it is no good for anything new; what is active stays. See `refuseExpired`. */
  readonly expired: boolean;
}
