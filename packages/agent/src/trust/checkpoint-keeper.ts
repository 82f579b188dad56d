/**
 * Remembers the newest checkpoint of the control plane's audit log, and accepts only what goes on from it.
 *
 * So whoever rewrites the log has to rewrite it on every host that ever heard of it. What does not extend the log that this host knows is
 * refused, kept as evidence beside what is believed, and raises an alert that lasts until a person has taken the evidence away.
 * Invariant: a checkpoint is on disk before it counts, and counts only after its signature and its proof were verified.
 * Killed while it is written, the host remembers the one before, and says so when it connects again.
 * Throws: `journal_failed` when the disk refuses; then nothing is remembered.
 * Source: RFC 6962, 2.1.2; docs/adr/0020-audit-log.md.
 */
import type { ServerMessage } from '@guise/api';
import { verifyConsistency } from '@guise/decide/audit';
import { GuiseError } from '@guise/model';
import { type Checkpoint, openCheckpoint } from '@guise/trust/checkpoint';
import { sha256 } from '../host/digest.ts';
import type { AlertBook } from '../triggers/alert-book.ts';
import { type EvidenceFile, evidenceFile } from './audit-evidence.ts';
import type { TrustStore } from './trust-store.ts';

export type CheckpointMessage = Extract<ServerMessage, { readonly type: 'checkpoint' }>;

export interface CheckpointKeeperParts {
  readonly trust: TrustStore;
  readonly evidencePath: string;
  readonly alerts: AlertBook;
  readonly nowMs: () => number;
  readonly report: (line: string) => void;
}

/** How a checkpoint was taken; `unknown` before this host has enrolled. */
export type Taken = 'remembered' | 'known' | 'refused' | 'unknown';

const alertKey = 'audit:checkpoint';

export class CheckpointKeeper {
  readonly #parts: CheckpointKeeperParts;
  readonly #evidence: EvidenceFile;

  constructor(parts: CheckpointKeeperParts) {
    this.#parts = parts;
    this.#evidence = evidenceFile(parts.evidencePath);
    const [first] = this.#evidence.read();
    if (first !== undefined) this.#alert(`At ${first.at} a checkpoint was refused: ${first.reason}`);
  }

  take(message: CheckpointMessage): Taken {
    const { trust, report } = this.#parts;
    const { audit } = trust.state ?? {};
    if (audit === undefined) return 'unknown';
    const judged = judge(message, audit.checkpoint, audit.key);
    if (judged.type === 'known') return 'known';
    if (judged.type === 'extends') {
      trust.change({ audit: { ...audit, checkpoint: message.note } });
      return 'remembered';
    }
    const at = new Date(this.#parts.nowMs()).toISOString();
    const { note, from, consistency } = message;
    this.#alert(judged.reason);
    report(`Refused a checkpoint of the audit log: ${judged.reason}`);
    this.#evidence.keep({ at, reason: judged.reason, known: audit.checkpoint, refused: note, from, consistency });
    return 'refused';
  }

  #alert(reason: string): void {
    this.#parts.alerts.raise({
      key: alertKey,
      type: 'audit',
      severity: 'page',
      instance: null,
      message: `The audit log of the control plane was changed: ${reason}. ${this.#parts.evidencePath} has both checkpoints`,
    });
  }
}

type Judged =
  | { readonly type: 'known' }
  | { readonly type: 'extends' }
  | { readonly type: 'refused'; readonly reason: string };

function judge({ note, from, consistency }: CheckpointMessage, knownNote: string | null, key: string): Judged {
  const refused = (reason: string) => ({ type: 'refused', reason }) as const;
  const known = knownNote === null ? null : opened(knownNote, key);
  const next = opened(note, key);
  if (known instanceof GuiseError) return refused(`this host cannot read what it remembers: ${known.message}`);
  if (next instanceof GuiseError) return refused(next.message);
  if (known !== null && next.origin !== known.origin)
    return refused(`it is of another log, ${next.origin}, and this host knows ${known.origin}`);
  const knownSize = known?.size ?? 0;
  if (next.size < knownSize) return refused(`it has ${next.size} entries, and there were ${knownSize}`);
  if (next.size === knownSize && known !== null) {
    const isSame = Buffer.from(known.root).equals(next.root);
    return isSame ? { type: 'known' } : refused(`its ${next.size} entries are others than this host knows`);
  }
  if (from !== knownSize) return refused(`it is proven from ${from} entries, and this host knows ${knownSize}`);
  const isProven = verifyConsistency(sha256, {
    from,
    fromRoot: known?.root ?? new Uint8Array(),
    to: next.size,
    toRoot: next.root,
    proof: consistency.map((hash) => Buffer.from(hash, 'base64')),
  });
  if (isProven) return { type: 'extends' };
  return refused(`its ${next.size} entries do not begin with the ${knownSize} that this host knows`);
}

function opened(note: string, key: string): Checkpoint | GuiseError {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
}
