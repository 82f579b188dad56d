/**
 * What a step of a checkout sees, and what it may decide.
 *
 * A step acts on the host and says where to go next; what it decided is written, told and audited in one transaction by checkout-flow.ts.
 */
import type { CheckoutState, checkoutSteps } from '@guise/api';
import { GuiseError, type HostId } from '@guise/model';
import type { AskHost } from '../../app/ask-host.ts';
import { type Provided, providedHost } from '../../app/checkout-needs.ts';
import type { Trust } from '../../app/served-trust.ts';
import type { Fenced, HostProvider, HostProviders } from '../../drivers/host-provider/host-provider.ts';
import type { Traffic } from '../../drivers/traffic/traffic.ts';
import type { CheckoutChange, CheckoutRow } from '../../store/checkouts.ts';
import type { Database, Executor } from '../../store/database.ts';
import { findFleetHost } from '../../store/fleet.ts';
import type { Lease } from '../../store/leases.ts';
import type { Signal } from '../../store/signal.ts';
import type { Turn } from '../flow-kind.ts';

export type CheckoutStep = (typeof checkoutSteps)[number];

/** What a flow keeps beside the checkout's own row. */
export interface CheckoutData {
  readonly [key: string]: string | number | null;
  readonly checkout_id: string;
  readonly holder: string;
  /** ISO 8601: when this step was first taken; null before that. */
  readonly since: string | null;
  /** Of the warnings that were given of the end, the last: so many ms before it. */
  readonly warned_ms: number | null;
}

export interface CheckoutFlowParts {
  readonly database: Database;
  readonly trust: Trust;
  readonly ask: AskHost;
  readonly providers: HostProviders;
  readonly traffics: () => Promise<readonly Traffic[]>;
}

export interface StepContext {
  readonly parts: CheckoutFlowParts;
  readonly turn: Turn<CheckoutData>;
  readonly row: CheckoutRow;
  /** Null while it waits for a host. */
  readonly lease: Lease | null;
  /** Its holder gave it back, or its time is over: whatever it is at, the way is back from here. */
  readonly isOver: boolean;
}

export interface Decision {
  readonly to: CheckoutStep | 'end';
  /** When to look again at the latest; default at once. */
  readonly dueAt?: Date;
  readonly change?: CheckoutChange;
  readonly warnedMs?: number | null;
  /** What else the decision writes, and who is to hear of it. */
  readonly commit?: (tx: Executor) => Promise<readonly Signal[]>;
}

export type TakeStep = (context: StepContext) => Promise<Decision>;

/** Waits where it is. */
export function lookAgain({ row, turn }: StepContext, inMs: number): Decision {
  return { to: row.state as CheckoutStep, dueAt: new Date(turn.now.getTime() + inMs) };
}

export function happened(event: string, subject: string): Signal {
  return { type: 'event', event, subject };
}

/** Of a checkout whose lease has begun. */
export interface Held extends Provided {
  readonly provider: HostProvider;
  readonly host: Fenced & { readonly hostId: HostId };
  readonly machine: string | null;
}

/** Throws: `host_not_found`; `capability_missing` when its provider is gone. */
export async function heldHost({ parts, row, lease }: StepContext): Promise<Held> {
  if (row.hostId === null || lease === null || lease.fence === null)
    throw new Error(`The checkout ${row.checkoutId} has no host in hand`);
  const known = await findFleetHost(parts.database, row.hostId);
  if (known === null) throw new GuiseError('host_not_found', `Cannot find the host "${row.hostId}"`);
  const { provider, host } = providedHost(parts.providers, known);
  return { provider, host: { ...host, hostId: row.hostId, fence: lease.fence }, machine: known.machine };
}

/** Throws: when there is none, which is a bug. */
export function leaseOf({ row, lease }: StepContext): Lease {
  if (lease === null) throw new Error(`The checkout ${row.checkoutId} has no lease`);
  return lease;
}

/** What its snapshot is called. */
export function labelOf({ checkoutId }: CheckoutRow): string {
  return `co-${checkoutId.replaceAll('-', '').slice(0, 12)}`;
}

export function elapsedMs({ data, now }: Turn<CheckoutData>): number {
  return data.since === null ? 0 : now.getTime() - Date.parse(data.since);
}

/** Where it goes that is over before its holder had it, or that failed: the host is changed from `preparing` on. */
export function wayBack(step: CheckoutState): CheckoutStep {
  return step === 'preparing' || step === 'applying' || step === 'testing' || step === 'out'
    ? 'reverting'
    : 'restoring';
}
