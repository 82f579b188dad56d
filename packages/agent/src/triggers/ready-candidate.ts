/**
 * A candidate with everything that is made of its documents, once: triggers, and what it wants to be watched.
 *
 * A persona that cannot be read here (a template that needs a fact this host lacks) is never active, and says why.
 */
import { type CompiledTriggers, compileTriggers } from '@guise/decide';
import type { Facts, Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Candidate } from './candidates.ts';
import { layerKey } from './layer-key.ts';
import { type Monitoring, monitoringOf } from './monitoring.ts';

interface Reading {
  /** Null: none, or it cannot be read. */
  readonly triggers: CompiledTriggers | null;
  readonly monitoring: Monitoring;
  readonly error: GuiseError | null;
}

export interface ReadyCandidate extends Candidate, Reading {}

const nothing: Monitoring = { metrics: [], thresholds: [], drift: 'alert' };

export class LayerReadings {
  readonly #facts: () => Facts;
  #readings: ReadonlyMap<string, Reading> = new Map();
  #readFor = '';

  constructor(facts: () => Facts) {
    this.#facts = facts;
  }

  /** Reads what is new among these, and forgets all others. */
  async learn(layers: Iterable<Layer>): Promise<void> {
    const facts = this.#facts();
    const known = this.#readFor === JSON.stringify(facts) ? this.#readings : new Map<string, Reading>();
    const readings = new Map<string, Reading>();
    for (const layer of layers) {
      const key = layerKey(layer);
      readings.set(key, known.get(key) ?? (await read(layer, facts)));
    }
    this.#readings = readings;
    this.#readFor = JSON.stringify(facts);
  }

  /** Of a layer that was learned. */
  ready(candidate: Candidate): ReadyCandidate {
    return { ...candidate, ...this.#readings.get(layerKey(candidate.layer))! };
  }
}

async function read(layer: Layer, facts: Facts): Promise<Reading> {
  try {
    return { triggers: await compileTriggers(layer, facts), monitoring: monitoringOf(layer, facts), error: null };
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return { triggers: null, monitoring: nothing, error };
  }
}
