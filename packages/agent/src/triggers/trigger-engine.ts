/** Stand-in for the types of decide/triggers until they are there. */
import type { CloudEvent, Facts, Json, Layer } from '@guise/model';

export interface CompiledTriggers {
  readonly metrics: readonly string[];
}
export interface TriggerWish {
  readonly active: boolean;
  readonly reason: string;
  readonly inputs: { readonly [name: string]: Json };
  readonly sinceMs: number;
}
export type TriggerSnapshot = { readonly at_ms: number };
export interface TriggerInputs {
  readonly atMs: number;
  readonly samples: ReadonlyMap<string, number>;
  readonly sampledMs?: ReadonlyMap<string, number>;
  readonly events: readonly CloudEvent[];
  readonly users: ReadonlyMap<string, readonly string[]> | null;
}
export declare class TriggerEngine {
  constructor(options: { readonly restored?: TriggerSnapshot | undefined });
  setCandidates(
    candidates: readonly { readonly instance: string; readonly triggers: CompiledTriggers | null }[],
    atMs: number,
  ): void;
  evaluate(inputs: TriggerInputs): readonly { readonly instance: string }[];
  wishes(): ReadonlyMap<string, TriggerWish>;
  nextDueMs(): number | null;
  snapshot(): TriggerSnapshot;
}
export declare function compileTriggers(layer: Layer, facts: Facts): CompiledTriggers | null;
export declare function triggerMetrics(triggers: CompiledTriggers): readonly string[];
