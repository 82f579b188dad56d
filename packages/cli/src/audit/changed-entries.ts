/** Entries whose content is not what was hashed when they got their places: edited, or each in the other's place. */
import { entryBytes, type LoggedEntry, leafHash, type Sha256, sameHash } from '@guise/decide/audit';
import type { Finding } from './finding.ts';

export interface ChangedEntry {
  readonly sequence: number;
  readonly entry: LoggedEntry;
  readonly hash: Uint8Array;
}

export function changedFindings(sha256: Sha256, changed: readonly ChangedEntry[]): readonly Finding[] {
  const findings: Finding[] = [];
  const left = [...changed];
  for (let one = left.shift(); one !== undefined; one = left.shift()) {
    const subject = one;
    const other = left.findIndex((each) => isOf(sha256, subject, each) && isOf(sha256, each, subject));
    const [partner] = other === -1 ? [] : left.splice(other, 1);
    findings.push(partner === undefined ? edited(subject) : exchanged(subject, partner));
  }
  return findings;
}

/** Whether the content that stands at one place is what was hashed at the other. */
function isOf(sha256: Sha256, { entry }: ChangedEntry, { sequence, hash }: ChangedEntry): boolean {
  return sameHash(leafHash(sha256, entryBytes({ ...entry, sequence })), hash);
}

function edited({ sequence, entry }: ChangedEntry): Finding {
  const what = `${entry.action} on ${entry.resource} by ${entry.actor}`;
  return {
    kind: 'edited',
    sequences: [sequence],
    message: `Entry ${sequence} was edited: what it says now (${what}) is not what was logged`,
  };
}

function exchanged(one: ChangedEntry, other: ChangedEntry): Finding {
  const sequences = [one.sequence, other.sequence];
  return {
    kind: 'reordered',
    sequences,
    message: `Entries ${sequences.join(' and ')} were reordered: each stands in the other's place`,
  };
}
