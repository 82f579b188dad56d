/**
 * Zones by way of this process's own clock, for a process that is not to hold what Intl does: `TZ` is another zone for as long as a
 * question takes. Node gives its engine the new zone at once, of the same data.
 *
 * Invariant: nothing is awaited in between, so nobody else meets another zone, and no program is started with it.
 * A zone that does not exist is taken for UTC; whoever asks has checked it, with `intlZones`, in a process that leaves.
 * Source: Node's documentation of `TZ`; docs/benchmarks.md, "What the agent weighs".
 */
import type { Zones } from '@guise/decide';

export const localZones: Zones = {
  isZone: (zone) => zone !== '',
  offsetMs: (atMs, zone) => inZone(zone, () => -new Date(atMs).getTimezoneOffset() * 60_000),
  within: (zone, ask) => inZone(zone, () => ask(undefined)),
};

function inZone<Answer>(zone: string, ask: () => Answer): Answer {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    return ask();
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
}
