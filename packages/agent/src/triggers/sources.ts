/**
 * What was said about this host: by the control plane, by declarations here, by holds. From it come the candidates.
 *
 * Invariants: what is said is on disk before it counts; a declaration here suspends what the control plane desires until that
 * desires something else; when it does, layers that a declaration took over from it give way, and the host's own stay.
 * A disk that refuses is reported and changes nothing else: the control plane and people say it again.
 */
import type { Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Desired, DesiredStore } from '../link/desired-store.ts';
import type { AdaptationMemory } from './adaptation-memory.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { type KeptHold, lastingHolds, withHold } from './holds.ts';

export interface Said {
  readonly desired: Desired | null;
  readonly declared: readonly Layer[];
  readonly holds: readonly KeptHold[];
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
    this.#said = { desired: parts.store.read(), declared: kept?.declared ?? [], holds: kept?.holds ?? [] };
  }

  get said(): Said {
    return this.#said;
  }

  /** What the control plane desires and nobody here suspended. */
  get followed(): Desired | null {
    const { desired } = this.#said;
    return desired === null || desired.suspended ? null : desired;
  }

  /** Everything that candidates are or may become made of. */
  layers(): readonly Layer[] {
    const { desired, declared, holds } = this.#said;
    return [...(desired?.layers ?? []), ...declared, ...holds.flatMap(({ layer }) => layer ?? [])];
  }

  candidates(): readonly Candidate[] {
    return candidatesOf({
      desired: this.followed?.layers ?? [],
      declared: this.#said.declared,
      held: this.#said.holds.flatMap(({ layer }) => layer ?? []),
    });
  }

  follow(desired: Desired): void {
    this.#say({ desired, declared: this.#said.declared.filter(({ assigned_by }) => assigned_by === 'local') });
  }

  /** Exactly these. */
  declare(declared: readonly Layer[]): void {
    const { desired } = this.#said;
    this.#say({ declared, desired: desired === null ? null : { ...desired, suspended: true } });
  }

  /** One more, or in the place of its namesake. */
  declareAlso(layer: Layer): void {
    const others = this.#said.declared.filter(({ instance }) => instance !== layer.instance);
    this.#say({ declared: [...others, layer] });
  }

  /** All of them or none. Throws: `limit_exceeded`, `argument_invalid`. */
  hold(added: readonly KeptHold[], nowMs: number): void {
    this.#say({ holds: added.reduce((holds, each) => withHold(holds, each, nowMs), this.#said.holds) });
  }

  /** False when there is none with this id. */
  release(id: string): boolean {
    return this.#keepHolds(this.#said.holds.filter(({ hold }) => hold.id !== id));
  }

  /** Forgets the holds that have ended; false when there were none. */
  expire(nowMs: number): boolean {
    return this.#keepHolds(lastingHolds(this.#said.holds, nowMs));
  }

  /** What was said before, unless the control plane has spoken since. */
  takeBack({ desired, declared, holds }: Said): void {
    const isNewer = desired?.generation !== this.#said.desired?.generation;
    this.#say({ declared, holds, ...(isNewer ? {} : { desired }) });
  }

  #keepHolds(holds: readonly KeptHold[]): boolean {
    if (holds.length === this.#said.holds.length) return false;
    this.#say({ holds });
    return true;
  }

  #say(change: Partial<Said>): void {
    const before = this.#said;
    this.#said = { ...before, ...change };
    const { desired, declared, holds } = this.#said;
    try {
      if (desired !== null && desired !== before.desired) this.#parts.store.write(desired);
      if (declared !== before.declared || holds !== before.holds)
        this.#parts.memory.keepDeclarations({ declared, holds });
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      this.#parts.report(error.message);
    }
  }
}
