/**
 * From production to what the holder gets: `draining`, `snapshotting`, `preparing`.
 *
 * Each acts under the lease's fence, and may be taken twice: a drained host stays drained, a snapshot that is there stays.
 */
import { limits } from '@guise/model';
import { findNeeds, noNeeds } from '../../app/checkout-needs.ts';
import { findVersion } from '../../store/personas.ts';
import type { Decision, StepContext } from './checkout-step.ts';
import { heldHost, labelOf, leaseOf, wayBack } from './checkout-step.ts';

export async function drain(context: StepContext): Promise<Decision> {
  const { parts, row, turn } = context;
  if (context.isOver) return over(context);
  const { hostId, fence } = leaseOf(context);
  if (fence !== null) await parts.ask(hostId, { ask: 'lease', fence: Number(fence) });
  const draining = (await parts.traffics()).filter(({ name }) => row.before?.traffics.includes(name));
  await Promise.all(
    draining.map((traffic) => traffic.drain(hostId, { deadlineMs: limits.checkoutDrainMs, signal: turn.signal })),
  );
  return { to: 'snapshotting' };
}

export async function takeSnapshot(context: StepContext): Promise<Decision> {
  if (context.isOver) return over(context);
  const { provider, host } = await heldHost(context);
  const fingerprintBefore = await provider.snapshot(host, labelOf(context.row));
  return { to: 'preparing', change: { fingerprintBefore } };
}

/** What is decided here stays for the whole of the checkout: which version of the persona it is. */
export async function prepare(context: StepContext): Promise<Decision> {
  const { parts, row } = context;
  if (context.isOver) return over(context);
  const { image, allocation } = (await findNeeds(parts.database, row)) ?? noNeeds;
  const { provider, host } = await heldHost(context);
  if (image !== null) await provider.deploy(host, image);
  if (allocation !== null) await provider.resize(host, allocation);
  const found =
    row.personaId === null ? null : await findVersion(parts.database, row.personaId, row.version ?? undefined);
  return { to: 'applying', ...(found === null ? {} : { change: { version: found.version } }) };
}

/** Given back in good time it is as if nobody had asked; its end in between is a failure. */
export function over({ row }: StepContext): Decision {
  const to = wayBack(row.state);
  return row.returnedAt === null ? { to, change: { failure: 'its time was over before it was ready' } } : { to };
}
