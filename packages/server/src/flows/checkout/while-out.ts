/** `out`: the holder has the host. He is warned before the end; at the end, which the database's clock says, it goes back. */
import { limits } from '@guise/model';
import type { Decision, StepContext } from './checkout-step.ts';
import { happened, leaseOf } from './checkout-step.ts';

export async function waitForEnd(context: StepContext): Promise<Decision> {
  const { row, turn, isOver } = context;
  if (isOver) return { to: 'reverting' };
  const { from, until, hostId } = leaseOf(context);
  const leftMs = until.getTime() - turn.now.getTime();
  const { due, warnedMs, nextMs } = warningsDue(turn.data.warned_ms, leftMs, until.getTime() - from.getTime());
  return {
    to: 'out',
    warnedMs,
    dueAt: new Date(until.getTime() - nextMs),
    ...(due
      ? {
          commit: async () => [
            happened('checkout.expiring', row.checkoutId),
            // As hosts are watched, not checkouts.
            happened('lease.expiring', hostId),
          ],
        }
      : {}),
  };
}

/**
 * Warnings are for the time that is left, so after an extension they come again; none is for longer than the whole lease.
 * `nextMs`: so long before the end it is to be looked at again.
 */
export function warningsDue(
  warnedMs: number | null,
  leftMs: number,
  wholeMs: number,
): { readonly due: boolean; readonly warnedMs: number | null; readonly nextMs: number } {
  const given = warnedMs !== null && leftMs <= warnedMs ? warnedMs : null;
  const warnings = limits.checkoutWarningsMs.filter((ms) => ms < wholeMs && (given === null || ms < given));
  const reached = warnings.filter((ms) => leftMs <= ms);
  return {
    due: reached.length > 0,
    warnedMs: reached.length > 0 ? Math.min(...reached) : given,
    nextMs: Math.max(0, ...warnings.filter((ms) => leftMs > ms)),
  };
}
