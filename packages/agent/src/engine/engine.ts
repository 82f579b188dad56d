/**
 * The engine of one host: the only way in which guise changes a machine.
 *
 * Invariants: one transaction at a time, machine-wide (`host_busy` otherwise, after waiting); every call that may change the
 * host first finishes an interrupted transaction; reads never wait for a transaction.
 */
import type {
  Address,
  Digest,
  DriftReport,
  Facts,
  Layer,
  Plan,
  StateReport,
  TransactionReport,
  WhyReport,
} from '@guise/model';
import type { SentSecret } from '../secrets/sealed-store.ts';
import type { Comparison, HostSnapshot } from './host-snapshot.ts';
import type { TestReport } from './persona-tests.ts';

/** What is told while a switch runs, for progress on a terminal and for the control plane. */
export interface Progress {
  readonly phase: 'recover' | 'observe' | 'plan' | 'record' | 'act' | 'verify' | 'confirm' | 'commit' | 'undo';
  readonly detail: string;
}

export type Outcome =
  | { readonly type: 'unchanged'; readonly plan: Plan }
  | { readonly type: 'committed'; readonly plan: Plan; readonly transaction: TransactionReport }
  | { readonly type: 'rolled_back'; readonly plan: Plan; readonly transaction: TransactionReport }
  | { readonly type: 'stuck'; readonly plan: Plan; readonly transaction: TransactionReport };

export interface ApplyOptions {
  /** Apply exactly this plan or refuse with `plan_stale`; without it, plan and apply in one. */
  readonly planHash?: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Waits for the control plane's nonce; resolves true when it came in time. Without it, changes that cut off are not confirmed. */
  readonly confirm?: (transactionId: string, deadlineMs: number) => Promise<boolean>;
  /** Asked once nobody else can change the host any more: when true, nothing is done and `plan_stale` is thrown. */
  readonly isOutdated?: () => boolean;
}

export interface Engine {
  /** Finishes what a killed run left: undoes it, or nothing. Null when there was nothing. */
  recover(): Promise<TransactionReport | null>;
  /** What templates may know of this host. */
  facts(): Facts;
  active(): readonly Layer[];
  /** The active set before the last committed switch that changed it; null when there was none. */
  previous(): readonly Layer[] | null;
  /** Every address that the last committed switch left in guise's care. */
  managed(): readonly Address[];
  /** Whether a transaction has begun and not ended, whoever began it. */
  isChanging(): boolean;
  /** Another number whenever another process has written to this host's journal since. Costs next to nothing. */
  foreignWrites(): number;
  /** What `apply` with these layers would do now, with other secrets if they are given. Changes nothing. */
  plan(layers: readonly Layer[], sent?: readonly SentSecret[]): Promise<Plan>;
  /** Makes exactly these layers the active set. */
  apply(layers: readonly Layer[], options?: ApplyOptions): Promise<Outcome>;
  /** Back to the active set before the last committed transaction, or to none. */
  rollback(to: 'previous' | 'baseline', options?: ApplyOptions): Promise<Outcome>;
  state(): Promise<StateReport>;
  why(address: Address): Promise<WhyReport>;
  drift(): Promise<readonly DriftReport[]>;
  /**
   * What this host is now, while nothing switches it. `directories`: whose files are looked at besides those of /etc. `also`: what else
   * is to be of the same instant.
   */
  snapshot(directories: readonly string[], also?: () => Promise<void>): Promise<HostSnapshot>;
  /** Whether this host is what it was then. */
  compare(snapshot: HostSnapshot): Promise<Comparison>;
  /** The tests of these active personas. Throws: `persona_not_found`. */
  runTests(instances: readonly string[], signal: AbortSignal): Promise<readonly TestReport[]>;
  /** Newest first, at most `limits.historyEntries`. */
  history(): readonly TransactionReport[];
  /** Content that the last plan of this engine or the journal's pre-images refer to; null when neither has it. For showing differences. */
  content(digest: Digest): Uint8Array | null;
  close(): void;
}
