/**
 * Who this host is to its control plane: its keys and certificate, in a file that only root can read.
 *
 * Invariant: what a request asks for is on the disk before the request goes out, and stays there until its answer is, in one
 * writing. So a kill at any instant leaves an identity that works, and whoever was killed asks with the same request again, by
 * which the control plane tells him from a copy of this host.
 * Throws: `journal_failed` when the file cannot be written or holds something else.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { RenewalAnswer } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import { makeCertificateRequest, newIdentityKey } from '@guise/trust/certificate-request';
import { newSealingKey } from '@guise/trust/sealing';
import { z } from 'zod';
import { readStateFile, writeStateFile } from '../host/state-file.ts';

const pem = z.string().min(1);
const schema = z.object({
  host_id: z.string(),
  /** Private, as PEM: what secrets for this host are opened with. */
  sealing_key: pem,
  current: z
    .object({
      key: pem,
      certificate: pem,
      ca: pem,
      generation: z.int().min(1),
      /** Of the token that this identity began with, so that it is not used again at each start. */
      join_token_digest: z.string(),
    })
    .nullable(),
  /** Asked for, and not answered yet. */
  pending: z
    .object({
      key: pem,
      csr: pem,
      sealing_key: pem,
      /** Null for a renewal. */ join_token_digest: z.string().nullable(),
    })
    .nullable(),
});

type IdentityFile = z.output<typeof schema>;

/** What a connection shows, and what it takes for its control plane. */
export interface Credential {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

export type CurrentIdentity = NonNullable<IdentityFile['current']>;
export type PendingIdentity = NonNullable<IdentityFile['pending']>;

export class IdentityStore {
  readonly hostId: HostId;
  readonly #path: string;
  #file: IdentityFile;

  /** Of another host, as after a renaming: begins anew. */
  constructor(path: string, hostId: HostId) {
    this.hostId = hostId;
    this.#path = path;
    const known = read(path);
    this.#file =
      known?.host_id === hostId
        ? known
        : { host_id: hostId, sealing_key: newSealingKey().privatePem, current: null, pending: null };
  }

  /** Null before this host has enrolled. */
  get current(): CurrentIdentity | null {
    return this.#file.current;
  }

  /** A renewal was asked for, and its answer is not here. */
  get isRenewing(): boolean {
    return this.#file.pending?.join_token_digest === null;
  }

  get sealingKey(): string {
    return this.#file.sealing_key;
  }

  /** With keys of its own: whoever copied the former ones gets nothing by them. */
  prepareEnrolment(joinTokenDigest: string): PendingIdentity {
    const { pending, current, sealing_key } = this.#file;
    if (pending?.join_token_digest === joinTokenDigest) return pending;
    return this.#prepare(current === null ? sealing_key : newSealingKey().privatePem, joinTokenDigest);
  }

  prepareRenewal(): PendingIdentity {
    const { pending, sealing_key } = this.#file;
    return pending?.join_token_digest === null ? pending : this.#prepare(sealing_key, null);
  }

  /** Throws: `certificate_invalid` when it is not for what was asked, or not by the authority. */
  accept({ certificate, generation }: Pick<RenewalAnswer, 'certificate' | 'generation'>, ca: string): void {
    const { pending, current } = this.#file;
    const began = pending?.join_token_digest ?? current?.join_token_digest;
    if (pending === null || began === undefined || !isFor(certificate, pending, ca)) {
      throw new GuiseError(
        'certificate_invalid',
        'Cannot use the certificate of the control plane: it is not what was asked for',
      );
    }
    this.#keep({
      host_id: this.hostId,
      sealing_key: pending.sealing_key,
      current: { key: pending.key, certificate, ca, generation, join_token_digest: began },
      pending: null,
    });
  }

  #prepare(sealing_key: string, join_token_digest: string | null): PendingIdentity {
    const key = newIdentityKey();
    const pending = { key, csr: makeCertificateRequest(this.hostId, key), sealing_key, join_token_digest };
    this.#keep({ ...this.#file, pending });
    return pending;
  }

  #keep(file: IdentityFile): void {
    try {
      writeStateFile(this.#path, JSON.stringify(file));
    } catch (cause) {
      throw new GuiseError('journal_failed', `Cannot keep this host's identity in ${this.#path}`, { cause });
    }
    this.#file = file;
  }
}

function isFor(certificate: string, { key }: PendingIdentity, ca: string): boolean {
  try {
    const [own, authority] = [new X509Certificate(certificate), new X509Certificate(ca)];
    return own.checkPrivateKey(createPrivateKey(key)) && own.verify(authority.publicKey);
  } catch {
    return false;
  }
}

/** Null when this host never had one. */
function read(path: string): IdentityFile | null {
  const text = readStateFile(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GuiseError('journal_failed', `Cannot read this host's identity in ${path}: remove it and enrol again`, {
      cause,
    });
  }
}
