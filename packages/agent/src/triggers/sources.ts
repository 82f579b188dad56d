/**
 * What was said about this host: by the control plane, by declarations here, by holds. From it come the candidates.
 *
 * Invariants: what is said is on disk before it counts, and one word is one write; a declaration here suspends what the control
 * plane desires until that desires something else; when it does, layers that a declaration took over from it give way, and the
 * host's own stay.
 * When the disk refuses, a person is told and nothing was said; the control plane's word counts all the same, and comes again.
 */
import type { Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Desired, DesiredStore } from '../link/desired-store.ts';
import type { SentSecret } from '../secrets/sealed-store.ts';
import type { AdaptationMemory, Declarations } from './adaptation-memory.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { type KeptHold, lastingHolds, withHold } from './holds.ts';

export interface Said extends Declarations {
  readonly desired: Desired | null;
}

export interface SourcesParts {
  readonly store: DesiredStore;
  readonly memory: AdaptationMemory;
  readonly report: (line: string) => void;
}

export class Sources {
  readonly #parts: SourcesParts;
  readonly isNew: boolean;
  #said: Said;

  constructor(parts: SourcesParts) {
    this.#parts = parts;
    const kept = parts.memory.declarations();
    this.isNew = kept === null;
    this.#said = { declared: [], holds: [], insteadOf: null, ...kept, desired: parts.store.read() };
  }

  get said(): Said {
    return this.#said;
  }

  /** What the control plane desires and nobody here suspended. */
  get followed(): Desired | null {
    const { desired, insteadOf } = this.#said;
    if (desired === null || insteadOf === null) return desired;
    return insteadOf >= (desired.since ?? desired.generation) && insteadOf <= desired.generation ? null : desired;
  }

  /** Everything that candidates are or may become made of. */
  layers(): readonly Layer[] {
    const { desired, declared, holds } = this.#said;
    return [...(desired?.layers ?? []), ...declared, ...holds.flatMap(({ layer }) => layer ?? [])];
  }

  candidates(): readonly Candidate[] {
    return candidatesOf({
      desired: this.followed?.layers ?? [],
      declared: this.#declared(),
      held: this.#said.holds.flatMap(({ layer }) => layer ?? []),
    });
  }

  /** New secrets of the same layers suspend no declaration: what is desired is what it was. */
  follow({ secrets, ...desired }: Desired): void {
    const before = this.#said.desired;
    const versions = versionsOf(secrets ?? []);
    const isRotation = before?.digest === desired.digest && versions !== (before.secretVersions ?? '');
    const kept: Desired = {
      ...desired,
      ...(isRotation ? { since: before.since ?? before.generation } : {}),
      ...(versions === '' ? {} : { secretVersions: versions }),
    };
    this.#say({ desired: secrets === undefined ? kept : { ...kept, secrets } });
    this.#said = { ...this.#said, desired: kept };
  }

  /** Exactly these. Throws: `journal_failed`. */
  declare(declared: readonly Layer[]): void {
    this.#mustSay({ declared, insteadOf: this.#said.desired?.generation ?? null });
  }

  /** What a snapshot keeps of what people said here. */
  get kept(): Pick<Declarations, 'declared' | 'holds'> {
    const { holds } = this.#said;
    return { declared: this.#declared(), holds };
  }

  /**
   * These layers were active and this was said at a snapshot, and it is so again, until the control plane desires something else.
   * Throws: `journal_failed`.
   */
  goBack(layers: readonly Layer[], kept: Pick<Declarations, 'declared' | 'holds'>, nowMs: number): void {
    const active = new Set(layers.map(({ instance }) => instance));
    // What a hold brought goes when the hold ends.
    const brought = new Set(kept.holds.flatMap(({ layer }) => layer?.instance ?? []));
    const others = kept.declared.filter(({ instance, assigned_by: by }) => by === 'local' && !active.has(instance));
    this.#mustSay({
      declared: [...layers.filter(({ instance }) => !brought.has(instance)), ...others],
      holds: lastingHolds(kept.holds, nowMs),
      insteadOf: this.#said.desired?.generation ?? null,
    });
  }

  /** As `declare`, of what is so already. */
  adopt(active: readonly Layer[]): void {
    this.#say({ declared: active, insteadOf: this.#said.desired?.generation ?? null });
  }

  /** One more, or in the place of its namesake. Throws: `journal_failed`. */
  declareAlso(layer: Layer): void {
    const others = this.#declared().filter(({ instance }) => instance !== layer.instance);
    this.#mustSay({ declared: [...others, layer] });
  }

  /** All of them or none. Throws: `limit_exceeded`, `argument_invalid`, `journal_failed`. */
  hold(added: readonly KeptHold[], nowMs: number): void {
    this.#mustSay({ holds: added.reduce((holds, each) => withHold(holds, each, nowMs), this.#said.holds) });
  }

  /** False when there is none with this id. */
  release(id: string): boolean {
    return this.#keepHolds(this.#said.holds.filter(({ hold }) => hold.id !== id));
  }

  /** Forgets the holds that have ended; false when there were none. */
  expire(nowMs: number): boolean {
    return this.#keepHolds(lastingHolds(this.#said.holds, nowMs));
  }

  /** One word of a person: what was said before it and what after. What anybody said since stays. */
  takeBack(before: Said, after: Said): void {
    const stayed = this.#said.holds.filter((hold) => before.holds.includes(hold) || !after.holds.includes(hold));
    const { declared, insteadOf } = this.#said.declared === after.declared ? before : this.#said;
    this.#say({ declared, insteadOf, holds: stayed });
  }

  /** What a declaration took over from the control plane counts only in the place of what that desires. */
  #declared(): readonly Layer[] {
    const { declared } = this.#said;
    return this.followed === null ? declared : declared.filter(({ assigned_by }) => assigned_by === 'local');
  }

  #keepHolds(holds: readonly KeptHold[]): boolean {
    if (holds.length === this.#said.holds.length) return false;
    this.#say({ holds });
    return true;
  }

  #say(change: Partial<Said>): void {
    try {
      this.#mustSay(change);
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      this.#parts.report(error.message);
      this.#said = { ...this.#said, ...change };
    }
  }

  /** Either of the control plane or of people. On disk first. Throws: `journal_failed`, and then nothing is said. */
  #mustSay(change: Partial<Said>): void {
    const before = this.#said;
    const said = { ...before, ...change };
    const { desired, declared, holds, insteadOf } = said;
    if (desired !== null && desired !== before.desired) this.#parts.store.write(desired);
    else this.#parts.memory.keepDeclarations({ declared, holds, insteadOf });
    this.#said = said;
  }
}

function versionsOf(secrets: readonly SentSecret[]): string {
  return secrets
    .map(({ name, version }) => `${name}@${version}`)
    .sort()
    .join(',');
}
