/**
 * A candidate with everything that is made of its documents, once: triggers, and what it wants to be watched.
 *
 * A persona that cannot be read here (a template that needs a fact this host lacks) is never active, and says why.
 */
import type { Facts } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Candidate } from './candidates.ts';
import { layerKey } from './layer-key.ts';
import { type Monitoring, monitoringOf } from './monitoring.ts';
import { type CompiledTriggers, compileTriggers } from './trigger-engine.ts';

export interface ReadyCandidate extends Candidate {
  /** Null: none, or it cannot be read. */
  readonly triggers: CompiledTriggers | null;
  readonly monitoring: Monitoring;
  readonly error: GuiseError | null;
}

const nothing: Monitoring = { metrics: [], thresholds: [], drift: 'alert' };

export class CandidateMaker {
  readonly #facts: () => Facts;
  #made = new Map<string, Omit<ReadyCandidate, keyof Candidate>>();

  constructor(facts: () => Facts) {
    this.#facts = facts;
  }

  make(candidates: readonly Candidate[]): readonly ReadyCandidate[] {
    const facts = this.#facts();
    const before = this.#made;
    this.#made = new Map();
    return candidates.map((candidate) => {
      const key = layerKey(candidate.layer) + JSON.stringify(facts);
      const made = before.get(key) ?? read(candidate, facts);
      this.#made.set(key, made);
      return { ...candidate, ...made };
    });
  }
}

function read({ layer }: Candidate, facts: Facts): Omit<ReadyCandidate, keyof Candidate> {
  try {
    return { triggers: compileTriggers(layer, facts), monitoring: monitoringOf(layer, facts), error: null };
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return { triggers: null, monitoring: nothing, error };
  }
}
