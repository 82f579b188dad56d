/**
 * What the holder of a lease may do to this host, and nobody who had it before.
 *
 * Invariants: the fence of an order is looked at when it comes and again when its turn does; snapshots and reverts come one after
 * another; tests wait for nobody and nobody for them: a revert and a newer lease end them.
 * Every order may come twice: a snapshot that is there stays, a revert is made again, what is gone is discarded.
 * Throws: `lease_lost`; `snapshot_not_found`; `rollback_refused` for a revert to older versions than this host has had, when it is not the
 * lease of the snapshot that undoes what it did; what snapshots and reverts throw.
 */
import type { AnswerTo, Ask } from '@guise/api';
import { GuiseError } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import { rootSnapshots } from '../host/root-snapshots.ts';
import type { Conductor } from '../triggers/conductor.ts';
import type { HostTrust } from '../trust/host-trust.ts';
import type { FenceStore } from './fence-store.ts';
import { runningServices } from './restore-root.ts';
import { type RevertParts, revertHost } from './revert-host.ts';

export type LeaseAsk = Extract<
  Ask,
  { readonly ask: 'lease' | 'capabilities' | 'snapshot' | 'revert' | 'discard' | 'tests' }
>;

export interface LeaseHostParts extends RevertParts {
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly trust: Pick<HostTrust, 'goBack'>;
  readonly fences: FenceStore;
  /** Whose files are part of a fingerprint besides the usual ones. */
  readonly directories: readonly string[];
}

interface Order {
  readonly fence: number;
  readonly label: string;
}

export class LeaseHost {
  readonly #parts: LeaseHostParts;
  readonly #tests = new Set<AbortController>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: LeaseHostParts) {
    this.#parts = parts;
  }

  /** The highest that this host has seen. */
  get fence(): number {
    return this.#parts.fences.highest;
  }

  /** Whoever comes with a smaller one from now on had the host before. */
  see(fence: number): void {
    const { fences, snapshots } = this.#parts;
    if (fence > fences.highest) {
      this.#endTests('the host has been leased anew');
      // What an older lease did not finish is not this one's. First, or a start in between would finish it under the newer one.
      snapshots.endRevert();
    }
    fences.take(fence);
  }

  async answer(question: LeaseAsk): Promise<unknown> {
    if (question.ask === 'capabilities') return this.#capabilities();
    this.see(question.fence);
    switch (question.ask) {
      case 'lease':
        return { fence: this.fence };
      case 'snapshot':
        return this.#inTurn(question, () => this.#snapshot(question));
      case 'revert':
        this.#endTests('the host is being reverted');
        return this.#inTurn(question, () => this.#revert(question));
      case 'discard':
        return this.#inTurn(question, () => this.#discard(question));
      case 'tests':
        return this.#runTests(question.instances);
    }
  }

  #capabilities(): AnswerTo<'capabilities'> {
    const { host, stateDirectory } = this.#parts;
    const reverts = rootSnapshots(host, stateDirectory) === null ? 'managed' : 'everything';
    return { can: ['snapshot', 'revert'], reverts };
  }

  async #snapshot({ fence, label }: Order): Promise<AnswerTo<'snapshot'>> {
    const { engine, conductor, host, stateDirectory, snapshots, directories } = this.#parts;
    const known = snapshots.find(label);
    if (known !== null) return known.host.fingerprint;
    snapshots.makeRoom();
    const root = rootSnapshots(host, stateDirectory);
    const tree = snapshots.treeOf(label);
    try {
      return await conductor.alone(async () => {
        const running = root === null ? null : await runningServices(host);
        const taken = await engine.snapshot(directories, async () => root?.take(tree));
        snapshots.keep({ label, fence, host: taken, said: conductor.word.kept, running });
        return taken.fingerprint;
      });
    } catch (error) {
      await root?.remove(tree).catch(() => undefined);
      throw error;
    }
  }

  async #revert({ fence, label }: Order): Promise<AnswerTo<'revert'>> {
    const { engine, conductor, snapshots, trust } = this.#parts;
    const record = snapshots.get(label);
    if (record.fence !== fence) {
      const present = [...(conductor.desired?.layers ?? []), ...engine.active()];
      trust.goBack(record.host.layers, present, []);
    }
    const { fingerprint, differing, differingCount } = await revertHost(this.#parts, label);
    return { ...fingerprint, differing: [...differing], differing_count: differingCount };
  }

  /** The record first: without it there is no snapshot, whatever of it is left. */
  async #discard({ label }: Order): Promise<AnswerTo<'discard'>> {
    const { host, stateDirectory, snapshots } = this.#parts;
    const discarded = snapshots.forget(label);
    await rootSnapshots(host, stateDirectory)?.remove(snapshots.treeOf(label));
    return { discarded };
  }

  async #runTests(instances: readonly string[]): Promise<AnswerTo<'tests'>> {
    const ending = new AbortController();
    this.#tests.add(ending);
    try {
      return [...(await this.#parts.engine.runTests(instances, ending.signal))];
    } finally {
      this.#tests.delete(ending);
    }
  }

  #endTests(why: string): void {
    for (const ending of this.#tests) ending.abort(new GuiseError('lease_lost', `Cannot go on with the tests: ${why}`));
  }

  #inTurn<Value>({ fence }: Order, work: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(() => {
      this.see(fence);
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
