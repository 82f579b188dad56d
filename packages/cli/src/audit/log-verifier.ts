/**
 * Reads an audit log once, from its first entry, and says what is wrong with it and where.
 *
 * Every entry is hashed again and compared with the leaf that was recorded for it; the leaves are compared with the root of every signed
 * checkpoint, and with checkpoints that others kept. Where leaves and root disagree, what was done is searched for between
 * that checkpoint and the one before; once that fails, later roots say nothing new and are not compared.
 * Memory: the hashes since the last checkpoint, at most `limits.auditEntriesKept`.
 */
import { CompactRange, entryBytes, leafHash, type Sha256, sameHash } from '@guise/decide/audit';
import { GuiseError, limits } from '@guise/model';
import { type Checkpoint, openCheckpoint } from '@guise/trust/checkpoint';
import { type ChangedEntry, changedFindings } from './changed-entries.ts';
import { diagnoseWindow, type WindowLeaf } from './diagnose-window.ts';
import type { Finding, LogReport, Witness } from './finding.ts';
import type { LeafEvent, LogEvent } from './log-event.ts';

export interface LogVerifierOptions {
  readonly sha256: Sha256;
  /** That must have signed; the log's own word for it when null. */
  readonly key: string | null;
  readonly witnesses: readonly Witness[];
}

/** Entries that one sentence names. */
const namesMax = 20;

interface OpenWitness extends Witness {
  readonly checkpoint: Checkpoint;
}

export class LogVerifier {
  readonly #options: LogVerifierOptions;
  readonly #findings: Finding[] = [];
  #leftOut = 0;
  #log = { origin: '', key: '', size: 0, isClosed: false };
  #witnesses: readonly OpenWitness[] = [];
  #range: CompactRange;
  /** Up to the last checkpoint that was right. */
  #start: CompactRange;
  #startSequence = 0;
  #window: WindowLeaf[] = [];
  /** Signed, and not what the leaves make. */
  #wrong: Checkpoint | null = null;
  #changed: ChangedEntry[] = [];
  #leaves = 0;
  #lastSequence = 0;
  #signed = 0;
  #longest: Checkpoint | null = null;
  #isComparable = true;

  constructor(options: LogVerifierOptions) {
    this.#options = options;
    this.#range = new CompactRange(options.sha256);
    this.#start = this.#range.fork();
  }

  /** Throws: `audit_broken` when a checkpoint of somebody else is not signed by the key. */
  take(event: LogEvent): void {
    switch (event.type) {
      case 'log':
        this.#begin(event);
        return;
      case 'leaf':
        this.#leaf(event);
        return;
      case 'checkpoint':
        this.#checkpoint(event.note);
        return;
      case 'stray': {
        const { sequence } = event;
        this.#find('inserted', [sequence], `Entry ${sequence} was put in: it has no place in the log`);
      }
    }
  }

  end(): LogReport {
    this.#settle(null);
    for (const finding of changedFindings(this.#options.sha256, this.#changed)) this.#add(finding);
    this.#judgeEnd();
    return {
      verified: this.#findings.length === 0,
      origin: this.#log.origin,
      key: this.#log.key,
      entries: this.#leaves,
      signed: this.#signed,
      witnesses: this.#witnesses.map(({ source }) => source),
      findings: this.#findings,
      findings_left_out: this.#leftOut,
    };
  }

  #begin({ origin, key, size, isClosed }: Extract<LogEvent, { type: 'log' }>): void {
    this.#log = { origin, key: this.#options.key ?? key, size, isClosed };
    const opened = this.#options.witnesses.map((witness) => ({
      ...witness,
      checkpoint: openCheckpoint(witness.note, this.#log.key),
    }));
    this.#witnesses = opened;
    for (const { source, checkpoint } of opened) {
      if (checkpoint.origin === origin) continue;
      this.#find('forked', [], `This is another log, ${origin}; ${source} knows ${checkpoint.origin}`);
    }
  }

  #leaf({ index, sequence, hash, entry }: LeafEvent): void {
    this.#settle({ sequence, hash });
    if (index !== this.#leaves) this.#gap(this.#leaves, index);
    this.#leaves = index + 1;
    if (entry === null)
      this.#find('deleted', [sequence], `Entry ${sequence} was deleted: its place is there, and it is not`);
    else if (entry.sequence !== sequence || !sameHash(leafHash(this.#options.sha256, entryBytes(entry)), hash)) {
      if (this.#changed.length < limits.auditFindings) this.#changed.push({ sequence, entry, hash });
      else this.#leftOut += 1;
    }
    this.#lastSequence = sequence;
    if (!this.#isComparable) return;
    this.#range.append(hash);
    if (this.#window.length < limits.auditEntriesKept) this.#window.push({ sequence, hash });
  }

  #gap(from: number, to: number): void {
    const what = to > from ? `${to - from} of the log's places are gone` : 'places of the log come twice';
    this.#find('deleted', [], `Entries after ${this.#lastSequence} were deleted: ${what}, from ${from} on`);
    this.#isComparable = false;
  }

  #checkpoint(note: string): void {
    const checkpoint = this.#opened(note);
    if (checkpoint === null) return;
    if ((this.#longest?.size ?? 0) < checkpoint.size) this.#longest = checkpoint;
    const { size } = checkpoint;
    if (!this.#isComparable) return;
    if (size < this.#leaves || (this.#log.isClosed && size !== this.#leaves))
      this.#find('forged', [], `A checkpoint of ${size} entries stands after ${this.#leaves}`);
    if (size !== this.#range.size) return;
    if (sameHash(this.#range.root(), checkpoint.root)) this.#agreed();
    else this.#wrong = checkpoint;
  }

  #opened(note: string): Checkpoint | null {
    try {
      const checkpoint = openCheckpoint(note, this.#log.key);
      if (checkpoint.origin === this.#log.origin) return checkpoint;
      this.#find('forged', [], `A checkpoint of ${checkpoint.size} entries is of another log, ${checkpoint.origin}`);
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      this.#find('forged', [], error.message);
    }
    return null;
  }

  #agreed(): void {
    this.#signed = this.#range.size;
    this.#start = this.#range.fork();
    this.#startSequence = this.#window.at(-1)?.sequence ?? this.#startSequence;
    this.#window = [];
  }

  /** What had to wait for the next leaf, or for the end, to be told. */
  #settle(next: WindowLeaf | null): void {
    if (this.#wrong !== null) this.#diagnose(this.#wrong, next);
    this.#wrong = null;
    if (!this.#isComparable) return;
    for (const { source, checkpoint } of this.#witnesses) {
      if (checkpoint.size !== this.#range.size || sameHash(this.#range.root(), checkpoint.root)) continue;
      this.#find(
        'forked',
        [],
        `The log was forked at or before its first ${checkpoint.size} entries (up to ${this.#lastSequence}): they are others than those that ${source} knows`,
      );
    }
  }

  #diagnose({ root, size }: Checkpoint, next: WindowLeaf | null): void {
    const isWhole = this.#window.length < limits.auditEntriesKept;
    const window = { start: this.#start, leaves: this.#window, next, signedRoot: root };
    const diagnosis = isWhole ? diagnoseWindow(window) : null;
    if (diagnosis === null) {
      const first = this.#window[0]?.sequence ?? this.#lastSequence;
      const span = { from: first, to: this.#lastSequence, size };
      this.#find(...rewritten(span, missing(this.#startSequence, this.#window)));
      this.#isComparable = false;
      return;
    }
    const names = namesOf(diagnosis.sequences);
    this.#find(
      diagnosis.kind,
      diagnosis.sequences,
      diagnosis.kind === 'reordered'
        ? `Entries ${names} were reordered: they do not stand in the places that were signed`
        : `Entry ${names} was put in: without it the log is what was signed at ${size} entries`,
    );
    // The leaf that follows has been counted in where one was taken out; from here on places differ by one.
    this.#isComparable = diagnosis.kind === 'reordered';
    this.#range = diagnosis.repaired;
    this.#agreed();
  }

  #judgeEnd(): void {
    const { size, origin, isClosed } = this.#log;
    const reached = this.#leaves;
    if (reached < size) this.#truncated(size, 'it says itself how many there are');
    if (isClosed && this.#isComparable && (reached > size || this.#signed < reached))
      this.#find('forged', [], `Of ${reached} entries ${this.#signed} are signed, and it says that ${size} are`);
    const longest = this.#longest?.size ?? 0;
    if (reached < longest) this.#truncated(longest, 'so many were signed');
    for (const { source, checkpoint } of this.#witnesses)
      if (checkpoint.origin === origin && reached < checkpoint.size)
        this.#truncated(checkpoint.size, `${source} knows so many`);
  }

  #truncated(size: number, why: string): void {
    const after = this.#leaves === 0 ? 'from the first on' : `after ${this.#lastSequence}`;
    this.#find('truncated', [], `Entries ${after} were cut off: ${this.#leaves} of ${size} are there; ${why}`);
  }

  #find(kind: Finding['kind'], sequences: readonly number[], message: string): void {
    this.#add({ kind, sequences, message });
  }

  #add(finding: Finding): void {
    const isRepeated = this.#findings.some(({ message }) => message === finding.message);
    if (isRepeated) return;
    if (this.#findings.length < limits.auditFindings) this.#findings.push(finding);
    else this.#leftOut += 1;
  }
}

/** Sequences that do not occur between `after` and the last of the window; none when there are many. */
function missing(after: number, window: readonly WindowLeaf[]): readonly number[] {
  const sorted = window.map(({ sequence }) => sequence).sort((one, other) => one - other);
  const gaps: number[] = [];
  for (const [place, sequence] of sorted.entries()) {
    const before = sorted[place - 1] ?? after;
    if (sequence - before - 1 + gaps.length > namesMax) return [];
    for (let each = before + 1; each < sequence; each++) gaps.push(each);
  }
  return gaps;
}

function rewritten(
  { from, to, size }: { readonly from: number; readonly to: number; readonly size: number },
  gaps: readonly number[],
): [kind: Finding['kind'], sequences: readonly number[], message: string] {
  const signed = `the log from ${from} to ${to} is not what was signed at ${size} entries`;
  if (gaps.length === 0) return ['edited', [from, to], `Entries between ${from} and ${to} were edited: ${signed}`];
  return ['deleted', gaps, `Entries were deleted, and ${namesOf(gaps)} are not there: ${signed}`];
}

function namesOf(sequences: readonly number[]): string {
  const more = sequences.length - namesMax;
  return `${sequences.slice(0, namesMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
