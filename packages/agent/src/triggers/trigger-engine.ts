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
export type TriggerSnapshot = Json;
export interface TriggerInputs {
  readonly atMs: number;
  readonly samples: ReadonlyMap<string, number>;
  readonly events: readonly CloudEvent[];
  readonly users: ReadonlyMap<string, readonly string[]> | null;
}
export interface TriggerEngine {
  setCandidates(
    candidates: readonly { readonly instance: string; readonly triggers: CompiledTriggers | null }[],
    atMs: number,
  ): void;
  evaluate(inputs: TriggerInputs): readonly unknown[];
  wishes(): ReadonlyMap<string, TriggerWish>;
  nextDueMs(): number | null;
  snapshot(): TriggerSnapshot;
}
export interface Triggers {
  compile(layer: Layer, facts: Facts): CompiledTriggers | null;
  open(restored: TriggerSnapshot | undefined): TriggerEngine;
}
