/** The host becomes what was asked: `applying`, then `testing` where that was asked too. */

import { errorBodyOf } from '@guise/api';
import type { Json } from '@guise/model';
import { GuiseError, limits, retryable } from '@guise/model';
import { findNeeds } from '../../app/checkout-needs.ts';
import { settleDesired } from '../../app/settle-desired.ts';
import { inTime } from '../../in-time.ts';
import { setFleetState } from '../../store/fleet.ts';
import { findState } from '../../store/reports.ts';
import type { Decision, StepContext } from './checkout-step.ts';
import { elapsedMs, happened, leaseOf, lookAgain } from './checkout-step.ts';
import { over } from './take-out.ts';

/** Waits for what the host says of it; its report wakes the flow. */
export async function apply(context: StepContext): Promise<Decision> {
  const { parts, row, turn } = context;
  if (context.isOver) return over(context);
  const { hostId } = leaseOf(context);
  const settled = (await settleDesired(parts.database, parts.trust, [hostId])).get(hostId);
  if (settled === undefined) throw new GuiseError('host_not_found', `Cannot find the host "${hostId}"`);
  const { generation, refused, outcome } = settled.row;
  if (refused !== null)
    throw new GuiseError('requirements_unmet', `Cannot make "${hostId}" what was asked: ${refused}`);
  // A host that never had anything, and is to have nothing, is sent nothing.
  if (generation > 0) {
    if (outcome?.generation !== generation || isPutOff(outcome.error?.code))
      return waitOrFail(context, 'it did not answer');
    if (outcome.result !== 'unchanged' && outcome.result !== 'committed') {
      const why = outcome.error?.message ?? `its switch was ${outcome.result}`;
      throw new GuiseError('requirements_unmet', `Cannot make "${hostId}" what was asked: ${why}`);
    }
  }
  if (!(await isActive(context))) return waitOrFail(context, 'the persona did not become active');
  return {
    to: row.request.tests && row.personaId !== null ? 'testing' : 'out',
    ...(row.request.tests && row.personaId !== null ? {} : { change: { isReady: true } as const }),
    commit: async (tx) => {
      const changed = await setFleetState(tx, hostId, 'checked_out', `checkout ${row.checkoutId} of ${row.holder}`);
      return [...changed, happened('host.checked_out', hostId)];
    },
    ...(turn.data.warned_ms === null ? {} : { warnedMs: null }),
  };
}

/** Its results are kept whatever they say; that they could not be run is one, too. At the end of the lease nobody waits for them. */
export async function runTests(context: StepContext): Promise<Decision> {
  const { parts, row, turn } = context;
  if (context.isOver) return over(context);
  const { hostId, fence, until } = leaseOf(context);
  const { personaId: instance } = row;
  if (fence === null || instance === null) throw new Error(`The checkout ${row.checkoutId} has nothing to test`);
  const asked = parts.ask(hostId, { ask: 'tests', fence: Number(fence), instances: [instance] });
  const late = () => new GuiseError('command_timeout', `The tests on "${hostId}" did not end before the checkout`);
  const results = await inTime(asked, until.getTime() - turn.now.getTime(), late).catch((error: unknown): Json => {
    if (!(error instanceof GuiseError)) throw error;
    const { code, message } = errorBodyOf(error).error;
    return { error: { code, message } };
  });
  return { to: 'out', change: { isReady: true, results } };
}

/**
 * Whether the persona counts now. One that comes and goes by triggers is held active for as long as its holder may have the host: he
 * asked for it.
 */
async function isActive({ parts, row, lease }: StepContext): Promise<boolean> {
  const needs = await findNeeds(parts.database, row);
  if (row.personaId === null || row.hostId === null || lease === null || needs?.hasTriggers !== true) return true;
  const { state } = await findState(parts.database, row.hostId);
  if (state?.active.some(({ instance }) => instance === row.personaId)) return true;
  await parts.ask(row.hostId, {
    ask: 'hold',
    hold: {
      id: holdOf(row.checkoutId),
      instance: row.personaId,
      effect: 'active',
      reason: `checkout ${row.checkoutId}`,
      owner: row.holder,
      from: lease.from.toISOString(),
      until: new Date(lease.from.getTime() + limits.checkoutMaxMs).toISOString(),
    },
  });
  return false;
}

export function holdOf(checkoutId: string): string {
  return `checkout-${checkoutId}`;
}

function waitOrFail(context: StepContext, why: string): Decision {
  if (elapsedMs(context.turn) < limits.transactionTimeoutMs) return lookAgain(context, limits.checkoutLookMs);
  throw new GuiseError('change_failed', `Cannot make "${context.row.hostId}" what was asked: ${why} in time`);
}

/** The host tries again by itself. */
function isPutOff(code: string | undefined): boolean {
  return code !== undefined && retryable(new GuiseError(code as GuiseError['code'], '').kind);
}
