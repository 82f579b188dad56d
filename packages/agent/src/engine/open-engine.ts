/**
 * Puts the engine together: journal, machine lock, kinds and host become the one object that may change this machine.
 *
 * Killed at any instant of `apply`: the next call of anything that changes the host, or `recover`, undoes what the journal
 * says was begun, before anything else. Reads work from the journal and the live host and never wait for a transaction.
 */
import { differingFields, explain } from '@guise/decide';
import type {
  Address,
  Digest,
  DriftReport,
  Facts,
  Layer,
  Plan,
  State,
  StateReport,
  TransactionReport,
  WhyReport,
} from '@guise/model';
import { GuiseError, isSecretState, limits, nameOf, shownState } from '@guise/model';
import type { Host } from '../host/host.ts';
import { makeStateDirectory } from '../host/state-directory.ts';
import { Journal } from '../journal/journal.ts';
import { withMachineLock } from '../journal/machine-lock.ts';
import { keptHere } from '../kept-here.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';
import type { ApplyContext } from '../resources/adapter.ts';
import { adapters } from '../resources/index.ts';
import { learnSecrets } from '../secrets/learn-secrets.ts';
import { redactingHost } from '../secrets/redacting-host.ts';
import { Redactor } from '../secrets/redactor.ts';
import type { SentSecret } from '../secrets/sealed-store.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import { shownWhy } from '../secrets/shown-why.ts';
import { BlobStore } from './blob-store.ts';
import { CompiledLayers } from './compiled-layers.ts';
import type { ApplyOptions, Engine, Outcome, Progress } from './engine.ts';
import { type Comparison, compareWith, type HostSnapshot, takeSnapshot } from './host-snapshot.ts';
import { observe } from './observe.ts';
import { runPersonaTests, type TestReport } from './persona-tests.ts';
import type { Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';
import { stateReport } from './state-report.ts';
import { recoverTransaction, runTransaction } from './transaction.ts';

export interface EngineOptions {
  readonly host: Host;
  /** Absolute; made when missing. Holds the journal and its lock. */
  readonly stateDirectory: string;
  /** Asked only when a layer needs a secret. */
  readonly secrets: SecretSource;
  readonly clock: () => Date;
  /** 64 random bits as hexadecimal digits, for transaction ids. */
  readonly random: () => string;
  /** For a process that stays: has layers compiled where that leaves nothing behind. */
  readonly elsewhere?: MakeElsewhere | null;
  /** Named instants for fault injection; does nothing in production. */
  readonly point?: (name: string) => void;
}

export function openEngine(options: EngineOptions): Engine {
  return new HostEngine(options);
}

class HostEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #journal: Journal;
  readonly #point: (name: string) => void;
  readonly #compiledLayers: CompiledLayers;
  readonly #redactor = new Redactor();
  readonly #host: Host;
  /** Of the last plan, for whoever shows it. */
  #shown: BlobStore;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#point = options.point ?? (() => {});
    this.#host = redactingHost(options.host, this.#redactor);
    makeStateDirectory(options.stateDirectory);
    this.#journal = new Journal({ path: `${options.stateDirectory}/guise.db`, point: this.#point });
    this.#shown = new BlobStore(this.#journal);
    this.#compiledLayers = new CompiledLayers(keptHere(options.stateDirectory), options.elsewhere);
  }

  facts(): Facts {
    return this.#options.host.facts();
  }

  active(): readonly Layer[] {
    return this.#journal.activeLayers();
  }

  previous(): readonly Layer[] | null {
    return this.#journal.layersBeforeLast();
  }

  managed(): readonly Address[] {
    return [...this.#journal.managed().keys()];
  }

  isChanging(): boolean {
    return this.#journal.open() !== null;
  }

  foreignWrites(): number {
    return this.#journal.foreignWrites();
  }

  async recover(onProgress?: (progress: Progress) => void): Promise<TransactionReport | null> {
    if (this.#journal.open() === null) return null;
    return this.#exclusively(() => this.#recover(onProgress));
  }

  plan(layers: readonly Layer[], sent: readonly SentSecret[] = []): Promise<Plan> {
    const secrets = this.#options.secrets.withSent(sent);
    return this.#redacted(async () => (await this.#prepare(layers, new BlobStore(this.#journal), secrets)).plan);
  }

  apply(layers: readonly Layer[], options: ApplyOptions = {}): Promise<Outcome> {
    return this.#exclusively(async () => {
      await this.#finishInterrupted(options);
      if (options.isOutdated?.() === true)
        throw new GuiseError('plan_stale', 'Cannot switch: somebody else has just changed which personas are active');
      return this.#apply(layers, options);
    });
  }

  rollback(to: 'previous' | 'baseline', options: ApplyOptions = {}): Promise<Outcome> {
    return this.#exclusively(async () => {
      await this.#finishInterrupted(options);
      const layers = to === 'baseline' ? [] : this.#journal.layersBeforeLast();
      if (layers === null) {
        throw new GuiseError('transaction_not_found', 'Cannot roll back: no persona has been applied to this host yet');
      }
      return this.#apply(layers, options);
    });
  }

  async state(): Promise<StateReport> {
    const prepared = await this.#redacted(() => this.#prepare(this.active(), new BlobStore(this.#journal)));
    return stateReport({ layers: this.active(), prepared, last: this.#journal.history()[0] ?? null });
  }

  why(address: Address): Promise<WhyReport> {
    return this.#redacted(() => this.#why(address));
  }

  async #why(address: Address): Promise<WhyReport> {
    const layers = this.active();
    const { claims, baselines, live } = await this.#prepare(layers, new BlobStore(this.#journal));
    const assignedBy = new Map(layers.map((layer) => [layer.instance, layer.assigned_by]));
    const context = this.#context(new BlobStore(this.#journal));
    const seen = live.get(address) ?? (await this.#unmanaged(address, live, context));
    const report = explain({
      address,
      claims,
      baselines,
      live: seen,
      assignedBy: (instance) => assignedBy.get(instance) ?? 'local',
    });
    return shownWhy(report);
  }

  /** What nobody claims may be a secret file by another of its names: then its digest would tell what that one's must not. */
  async #unmanaged(address: Address, live: ReadonlyMap<Address, State>, context: ApplyContext): Promise<State> {
    const look = async (secrets: ReadonlySet<Address>) =>
      (await observe({ addresses: [address], known: new Map(), secrets, adapters, context })).get(address) ?? {};
    const told = new Set([...live.values()].filter(isSecretState).map(({ digest }) => digest));
    if (told.size > 0) {
      const keyed = await look(new Set([address]));
      if (told.has(keyed['digest'] ?? null)) return keyed;
    }
    return look(new Set());
  }

  drift(): Promise<readonly DriftReport[]> {
    return this.#redacted(() => this.#drift());
  }

  async #drift(): Promise<readonly DriftReport[]> {
    const managed = this.#journal.managed();
    const context = this.#context(new BlobStore(this.#journal));
    const live = await observe({ addresses: managed.keys(), known: managed, adapters, context });
    return [...managed].flatMap(([address, expected]) => {
      const seen = live.get(address) ?? {};
      const fields = differingFields(address, seen, expected);
      return fields.length === 0 ? [] : [{ address, fields, expected: shownState(expected), live: shownState(seen) }];
    });
  }

  snapshot(directories: readonly string[], also: () => Promise<void> = async () => undefined): Promise<HostSnapshot> {
    return this.#exclusively(async () => {
      await this.#finishInterrupted({});
      await also();
      return takeSnapshot(this.#looking(), directories);
    });
  }

  compare(snapshot: HostSnapshot): Promise<Comparison> {
    return this.#exclusively(async () => {
      await this.#finishInterrupted({});
      return compareWith(snapshot, this.#looking());
    });
  }

  runTests(instances: readonly string[], signal: AbortSignal): Promise<readonly TestReport[]> {
    return this.#redacted(async () => {
      const layers = this.active();
      learnSecrets(layers, this.#options.secrets, this.#redactor);
      const compiled = await this.#compiledLayers.of(layers, this.facts());
      return runPersonaTests({ layers, compiled, instances, host: this.#host, signal });
    });
  }

  history(): readonly TransactionReport[] {
    return this.#journal.history();
  }

  content(digest: Digest): Uint8Array | null {
    return this.#shown.shown(digest);
  }

  close(): void {
    this.#journal.close();
  }

  async #apply(layers: readonly Layer[], options: ApplyOptions): Promise<Outcome> {
    const started = performance.now();
    const blobs = new BlobStore(this.#journal);
    options.onProgress?.({ phase: 'observe', detail: `${layers.length} personas` });
    const prepared = await this.#prepare(layers, blobs);
    const prepareMs = performance.now() - started;
    if (options.planHash !== undefined && options.planHash !== prepared.plan.hash) {
      throw new GuiseError(
        'plan_stale',
        `Cannot apply plan ${options.planHash}: the host or the personas have changed since, and the plan is now ${prepared.plan.hash}`,
      );
    }
    if (prepared.plan.stages.length === 0 && this.#journal.isActive(layers))
      return { type: 'unchanged', plan: prepared.plan };
    return runTransaction({ ...this.#environment(blobs), layers, prepared, options, prepareMs });
  }

  async #finishInterrupted({ onProgress }: ApplyOptions): Promise<void> {
    const recovered = await this.#recover(onProgress);
    if (recovered?.status === 'stuck')
      throw new GuiseError('undo_failed', recovered.error?.message ?? 'Cannot undo the last switch');
  }

  async #recover(onProgress?: (progress: Progress) => void): Promise<TransactionReport | null> {
    const open = this.#journal.open();
    if (open === null) return null;
    learnSecrets([...open.layersBefore, ...open.layersAfter], this.#options.secrets, this.#redactor);
    return recoverTransaction({
      ...this.#environment(new BlobStore(this.#journal)),
      open,
      options: onProgress === undefined ? {} : { onProgress },
    });
  }

  #prepare(layers: readonly Layer[], blobs: BlobStore, secrets = this.#options.secrets): Promise<Prepared> {
    this.#shown = blobs;
    return prepare({
      layers,
      compiledLayers: this.#compiledLayers,
      journal: this.#journal,
      adapters,
      blobs,
      source: secrets,
      redactor: this.#redactor,
      context: this.#context(blobs),
    });
  }

  #looking() {
    return { journal: this.#journal, adapters, context: this.#context(new BlobStore(this.#journal)) };
  }

  #environment(blobs: BlobStore) {
    return {
      journal: this.#journal,
      adapters,
      blobs,
      context: this.#context(blobs),
      redactor: this.#redactor,
      clock: this.#options.clock,
      random: this.#options.random,
    };
  }

  #context(blobs: BlobStore): ApplyContext {
    return {
      host: this.#host,
      blobs,
      stateDirectory: this.#options.stateDirectory,
      secretPaths: () => new Set([...this.#journal.secretAddresses()].map(nameOf)),
      point: this.#point,
      signal: AbortSignal.timeout(limits.transactionTimeoutMs),
      undoing: false,
    };
  }

  #exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#redacted(() => withMachineLock(`${this.#options.stateDirectory}/lock.db`, work));
  }

  /** No error that leaves here says a secret, whoever said it. */
  async #redacted<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      throw this.#redactor.error(error);
    }
  }
}
