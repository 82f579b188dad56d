/**
 * A flow as data: steps by name, each of which acts on the world and then says, in one transaction, what comes next.
 *
 * A step is a function of the flow's data and may be taken again: its process may be killed after it acted and before it said so. So
 * what it does to a host is idempotent and carries the lease's fence, and what it decides is in `commit`.
 */
import type { Json } from '@guise/model';
import type { Executor, Mutation } from '../store/database.ts';

export interface Turn<Data> {
  readonly flowId: string;
  readonly data: Data;
  /** Failures of this step in a row before this try. */
  readonly attempts: number;
  /** The database's clock as the step was claimed. */
  readonly now: Date;
  /** Aborted when this process is to end or another has taken the flow over: what comes after it counts for nothing. */
  readonly signal: AbortSignal;
}

/** What a step came to. */
export interface Taken<Step extends string, Data> {
  /** `end` ends the flow. The step itself again, with `dueAt`, waits. */
  readonly next: Step | 'end';
  /** Default: as it was. */
  readonly data?: Data;
  /** When to go on at the latest; default at once. A flow that is woken goes on before. */
  readonly dueAt?: Date;
  /** In the transaction that ends the step: everything else that it changes, with its audit. */
  readonly commit?: (tx: Executor) => Promise<Omit<Mutation<unknown>, 'value'>>;
}

export interface FlowKind<Step extends string, Data extends Json> {
  readonly kind: string;
  /** For the audit, of a flow that has no better. */
  readonly actor: (data: Data) => string;
  readonly steps: { readonly [Name in Step]: (turn: Turn<Data>) => Promise<Taken<Step, Data>> };
  /** What a failure of a step means; null is to try it again later. Bugs too, so that no flow is stuck in silence. */
  readonly failed: (step: Step, turn: Turn<Data>, error: unknown) => Taken<Step, Data> | null;
}

/** A kind of which nobody needs to know the steps and data any more: only its own rows reach them. */
export interface AnyFlowKind {
  readonly kind: string;
  readonly actor: (data: never) => string;
  readonly steps: { readonly [name: string]: (turn: Turn<never>) => Promise<Taken<string, unknown>> };
  readonly failed: (step: never, turn: Turn<never>, error: unknown) => Taken<string, unknown> | null;
}
