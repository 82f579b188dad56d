/**
 * For tests: the rules of triggers written down plainly. Every evaluation looks at everything, nothing is indexed or queued.
 *
 * The engine must come to the same wishes at every evaluation.
 */
import {
  type CompiledTriggers,
  type EventLeaf,
  leavesOf,
  type ThresholdLeaf,
  type TriggerLeaf,
  type TriggerNode,
} from './compiled.ts';
import type { TriggerInputs } from './trigger-engine.ts';
import { allOf, anyOf, notOf, type Truth } from './truth.ts';

const hourMs = 3_600_000;

export class PlainEvaluator {
  readonly #instances: ReadonlyMap<string, PlainInstance>;
  readonly #seen = new Set<string>();

  constructor(triggers: ReadonlyMap<string, CompiledTriggers>, atMs: number) {
    this.#instances = new Map([...triggers].map(([instance, each]) => [instance, new PlainInstance(each, atMs)]));
  }

  /** The instances that switched, as `name:on`. */
  evaluate(inputs: TriggerInputs): readonly string[] {
    const events = inputs.events.filter(({ source, id }) => {
      const isNew = !this.#seen.has(`${source} ${id}`);
      this.#seen.add(`${source} ${id}`);
      return isNew;
    });
    return [...this.#instances]
      .filter(([, instance]) => instance.evaluate({ ...inputs, events }))
      .map(([name, { active }]) => `${name}:${active ? 'on' : 'off'}`)
      .sort();
  }
}

class PlainInstance {
  readonly #triggers: CompiledTriggers;
  active = false;
  #sinceMs: number;
  #leftMs = Number.NEGATIVE_INFINITY;
  #switches: number[] = [];
  readonly #runs = new Map<string, number>();
  readonly #holds = new Map<string, number>();
  readonly #accepted = new Map<string, number>();
  readonly #counted = new Map<string, number[]>();

  constructor(triggers: CompiledTriggers, atMs: number) {
    this.#triggers = triggers;
    this.#sinceMs = atMs;
  }

  evaluate(inputs: TriggerInputs): boolean {
    const { activation, deactivation, cooldownMs, minActiveMs, maxSwitchesPerHour } = this.#triggers;
    const { atMs } = inputs;
    const truths = new Map<string, Truth>();
    for (const root of [activation, ...(deactivation === null ? [] : [deactivation])]) {
      this.#look(root, inputs, truths);
    }
    const come = truthIn(activation, truths);
    const go = deactivation === null ? notOf(come) : allOf([truthIn(deactivation, truths), come !== true]);
    if (this.active ? go !== true : come !== true) return false;
    if (this.active && atMs < this.#sinceMs + minActiveMs) return false;
    const recent = this.#switches.filter((switchMs) => switchMs > atMs - hourMs).length;
    if (!this.active && (atMs < this.#leftMs + cooldownMs || recent > maxSwitchesPerHour - 2)) return false;
    this.active = !this.active;
    this.#sinceMs = atMs;
    if (!this.active) this.#leftMs = atMs;
    this.#switches.push(atMs);
    for (const [path, until] of this.#holds) if (until === Number.POSITIVE_INFINITY) this.#holds.delete(path);
    return true;
  }

  #look(node: TriggerNode, inputs: TriggerInputs, truths: Map<string, Truth>): void {
    for (const leaf of leavesOf(node)) truths.set(leaf.path, this.#leaf(leaf, inputs));
  }

  #leaf(leaf: TriggerLeaf, inputs: TriggerInputs): Truth {
    switch (leaf.type) {
      case 'schedule':
        return leaf.schedule.levelAt(inputs.atMs).active;
      case 'user':
        if (inputs.users === null) return null;
        return leaf.by === 'user' ? inputs.users.has(leaf.name) : [...inputs.users.values()].flat().includes(leaf.name);
      case 'threshold':
        return this.#threshold(leaf, inputs);
      case 'event':
        for (const event of inputs.events) if (event.type === leaf.eventType) this.#hear(leaf, inputs.atMs);
        return inputs.atMs < (this.#holds.get(leaf.path) ?? Number.NEGATIVE_INFINITY);
    }
  }

  #threshold({ path, metric, comparison, bound, forMs }: ThresholdLeaf, inputs: TriggerInputs): Truth {
    const value = inputs.samples.get(metric);
    const sampledMs = inputs.sampledMs?.get(metric) ?? inputs.atMs;
    const qualifies = value !== undefined && (comparison === 'above' ? value > bound : value < bound);
    if (!qualifies) this.#runs.delete(path);
    else if (!this.#runs.has(path)) this.#runs.set(path, sampledMs);
    if (value === undefined) return null;
    return qualifies && sampledMs - this.#runs.get(path)! >= forMs;
  }

  #hear({ path, accumulate, onceWithinMs, forMs }: EventLeaf, atMs: number): void {
    const counted = [...(this.#counted.get(path) ?? []), atMs];
    this.#counted.set(path, counted);
    const recent = counted.filter((timeMs) => accumulate !== null && timeMs > atMs - accumulate.withinMs);
    if (accumulate !== null && recent.length < accumulate.count) return;
    if (atMs - (this.#accepted.get(path) ?? Number.NEGATIVE_INFINITY) < onceWithinMs) return;
    this.#accepted.set(path, atMs);
    const isAsking = path.startsWith('activation') !== this.active;
    if (forMs !== null) this.#holds.set(path, atMs + forMs);
    else if (accumulate !== null) this.#holds.set(path, recent.at(-accumulate.count)! + accumulate.withinMs);
    else if (isAsking) this.#holds.set(path, Number.POSITIVE_INFINITY);
    else this.#holds.delete(path);
  }
}

function truthIn(node: TriggerNode, truths: ReadonlyMap<string, Truth>): Truth {
  switch (node.type) {
    case 'any':
      return anyOf(node.of.map((child) => truthIn(child, truths)));
    case 'all':
      return allOf(node.of.map((child) => truthIn(child, truths)));
    case 'not':
      return notOf(truthIn(node.of, truths));
    default:
      return truths.get(node.path) ?? null;
  }
}
