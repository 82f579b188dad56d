/** What a replay comes to: for how long each persona was active, how often it came, and how often it could not make up its mind. */
import type { Replayed } from './run-replay.ts';

/** A time inactive and active again, or the other way round, this short is a flap. */
const flapMs = 10 * 60_000;

export interface PersonaSummary {
  readonly instance: string;
  /** Half-open, in ms. */
  readonly spans: readonly (readonly [fromMs: number, toMs: number])[];
  readonly activeMs: number;
  readonly activations: number;
  readonly switches: number;
  readonly flaps: number;
}

export function summarize(
  { fromMs, toMs, switches }: Replayed,
  personas: readonly { readonly instance: string; readonly triggers: unknown }[],
): readonly PersonaSummary[] {
  return personas.map(({ instance, triggers }) => {
    const own = switches.filter((each) => each.instance === instance);
    const spans = triggers === null ? [[fromMs, toMs] as const] : spansOf(own, toMs);
    return {
      instance,
      spans,
      activeMs: spans.reduce((sum, [begin, end]) => sum + end - begin, 0),
      activations: own.filter(({ active }) => active).length,
      switches: own.length,
      flaps: own.filter(({ atMs }, index) => index > 0 && atMs - own[index - 1]!.atMs < flapMs).length,
    };
  });
}

function spansOf(
  switches: readonly { readonly atMs: number; readonly active: boolean }[],
  toMs: number,
): readonly (readonly [number, number])[] {
  return switches.flatMap(({ atMs, active }, index) =>
    active ? [[atMs, switches[index + 1]?.atMs ?? toMs] as const] : [],
  );
}
