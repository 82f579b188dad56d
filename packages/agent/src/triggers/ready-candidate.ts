/**
 * A candidate with everything that is made of its documents, once: triggers, and what it wants to be watched.
 *
 * A persona that cannot be read here (a template that needs a fact this host lacks) is never active, and says why.
 */
import type { CompiledTriggers } from '@guise/decide';
import type { Facts, Layer } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { KeptValues } from '../host/kept-values.ts';
import { localZones } from '../host/local-zones.ts';
import type { LayerValues } from '../layer-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';
import type { Candidate } from './candidates.ts';
import { layerKey } from './layer-key.ts';
import { type Monitoring, monitoringOf } from './monitoring.ts';
import { type RenderedTriggers, renderedTriggers, saysTriggers } from './rendered-triggers.ts';

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
  readonly #rendered: LayerValues<RenderedTriggers>;
  #readings: ReadonlyMap<string, Reading> = new Map();
  #readFor = '';

  constructor(facts: () => Facts, kept: KeptValues | null, elsewhere: MakeElsewhere | null) {
    this.#facts = facts;
    this.#rendered = renderedTriggers(kept, elsewhere);
  }

  /** Whether anything but a person decides on the layer. Throws: what reading it throws. */
  async hasTriggers(layer: Layer): Promise<boolean> {
    const { documents } = await this.#rendered.of(layer, this.#facts());
    return documents.some(({ document }) => document.activation_triggers !== undefined);
  }

  /** Reads what is new among these, and forgets all others. */
  async learn(layers: Iterable<Layer>): Promise<void> {
    const facts = this.#facts();
    const known = this.#readFor === JSON.stringify(facts) ? this.#readings : new Map<string, Reading>();
    const byKey = new Map([...layers].map((layer) => [layerKey(layer), layer]));
    const fresh = [...byKey].flatMap(([key, layer]) => (known.has(key) ? [] : [layer]));
    await this.#rendered.prepare(fresh, facts);
    const readings = new Map<string, Reading>();
    for (const [key, layer] of byKey) readings.set(key, known.get(key) ?? (await this.#read(layer, facts)));
    this.#readings = readings;
    this.#readFor = JSON.stringify(facts);
  }

  async #read(layer: Layer, facts: Facts): Promise<Reading> {
    try {
      const rendered = await this.#rendered.of(layer, facts);
      const triggers = await triggersIn(rendered, facts);
      return { triggers, monitoring: monitoringOf(layer.instance, rendered.documents), error: null };
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      return { triggers: null, monitoring: nothing, error };
    }
  }

  /** Of a layer that was learned. */
  ready(candidate: Candidate): ReadyCandidate {
    return { ...candidate, ...this.#readings.get(layerKey(candidate.layer))! };
  }
}

/** The language of schedules is loaded with the first persona that has triggers. */
async function triggersIn({ documents, isChecked }: RenderedTriggers, facts: Facts): Promise<CompiledTriggers | null> {
  if (!saysTriggers(documents)) return null;
  const { triggersOf } = await import('@guise/decide/triggers');
  return triggersOf(documents, facts, isChecked ? localZones : undefined);
}
