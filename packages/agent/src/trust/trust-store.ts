/**
 * What this host believes, and how far it has come: pinned when it enrolled, on disk before it counts.
 *
 * Invariant: marks only rise, but by a rollback statement; a file that cannot be read is not as good as none, because forgetting the
 * marks would let old versions in: the host then follows no control plane until it enrols again.
 * Throws: `journal_failed` when the disk refuses; `root_refused` when what is there cannot be read.
 */
import { GuiseError } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { readStateFile, writeStateFile } from '../host/state-file.ts';

const digest = z.string();
const schema = z.strictObject({
  organization: z.string(),
  environment: z.string(),
  /** The newest root; the chain to it was verified when it came. */
  root: envelope,
  /** Persona id → the highest version that was accepted, and the digest of its payload. */
  marks: z.record(z.string(), z.strictObject({ version: z.int(), digest })),
  /** Ids of rollback statements that were used. */
  used_rollbacks: z.array(z.string()),
  audit: z.strictObject({
    /** The key that signs checkpoints: 32 bytes as base64. */
    key: z.string(),
    /** The newest checkpoint, as the signed note that it came in. */
    checkpoint: z.string().nullable(),
  }),
});

export type TrustState = z.output<typeof schema>;

export class TrustStore {
  readonly #path: string;
  #state: TrustState | null;

  constructor(path: string) {
    this.#path = path;
    this.#state = read(path);
  }

  /** Null before the host has enrolled. */
  get state(): TrustState | null {
    return this.#state;
  }

  /** What enrolment pins. Enrolling again forgets nothing that was accepted under the same organisation and environment. */
  pin(pinned: Pick<TrustState, 'organization' | 'environment' | 'root'> & { readonly auditKey: string }): void {
    const { auditKey, ...rest } = pinned;
    const known = this.#state;
    const isSame = known?.organization === pinned.organization && known.environment === pinned.environment;
    const kept = isSame ? known : { marks: {}, used_rollbacks: [] };
    const audit = isSame && known.audit.key === auditKey ? known.audit : { key: auditKey, checkpoint: null };
    this.#keep({ marks: kept.marks, used_rollbacks: kept.used_rollbacks, ...rest, audit });
  }

  /** Throws: `root_refused` before there is anything to change. */
  change(change: Partial<TrustState>): void {
    if (this.#state === null) throw new GuiseError('root_refused', 'Cannot trust anybody: this host has not enrolled');
    this.#keep({ ...this.#state, ...change });
  }

  #keep(state: TrustState): void {
    try {
      writeStateFile(this.#path, JSON.stringify(state));
    } catch (cause) {
      throw new GuiseError('journal_failed', `Cannot keep what this host trusts in ${this.#path}`, { cause });
    }
    this.#state = state;
  }
}

function read(path: string): TrustState | null {
  const text = readStateFile(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GuiseError('root_refused', `Cannot read what this host trusts in ${path}: enrol it again`, { cause });
  }
}
