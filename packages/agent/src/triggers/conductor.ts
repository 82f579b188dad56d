/**
 * Keeps this host what its candidates, their triggers and its holds make of it, with or without a control plane.
 *
 * A word of a person (declare, hold, rollback) either comes true or is taken back: when its switch fails, everything is as it was said
 * before. What triggers ask for fails for itself alone (see switcher.ts). What somebody else makes active through the journal (the
 * command line beside this agent) is a declaration like any other.
 * Killed anywhere: a switch is undone by the engine's recovery, declarations and holds are as last said, triggers as of their last
 * switch or up to `limits.snapshotPeriodMs` earlier; the next start makes the host what these say.
 */
import type { CandidateReport, CloudEvent, Hold, Layer } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { ApplyOptions, Outcome } from '../engine/engine.ts';
import type { Desired } from '../link/desired-store.ts';
import { ActiveSetOwner } from './active-set-owner.ts';
import { AlertBook } from './alert-book.ts';
import { Alone, type SwitchTo } from './alone.ts';
import { CandidateBoard } from './candidate-board.ts';
import type { ConductorListener, ConductorParts } from './conductor-parts.ts';
import { candidateReportOf, type Decision } from './decide-active.ts';
import { DesiredProgress, type DesiredResult } from './desired-progress.ts';
import { EventQueue } from './event-queue.ts';
import { type KeptHold, nextEndMs, requireCandidate } from './holds.ts';
import type { Sample } from './metric-monitor.ts';
import type { ReadyCandidate } from './ready-candidate.ts';
import { heldActive, SignatureEnds } from './signature-ends.ts';
import { type Said, Sources } from './sources.ts';
import { type RequestResult, Switcher, type SwitchResult } from './switcher.ts';

/** A timer that is due already waits this long, so that nothing can spin. */
const shortestWaitMs = 10;

export class Conductor {
  readonly alerts: AlertBook;
  readonly #parts: ConductorParts;
  readonly #listeners: ConductorListener[] = [];
  readonly #sources: Sources;
  readonly #board: CandidateBoard;
  readonly #switcher: Switcher;
  readonly #owner: ActiveSetOwner;
  readonly #alone: Alone;
  readonly #ends: SignatureEnds;
  readonly #progress = new DesiredProgress();
  readonly #events: EventQueue;
  readonly #switches = new Map<string, number>();
  #keptAtMs = Number.NEGATIVE_INFINITY;
  #applyOptions: () => ApplyOptions = () => ({});
  #words: Promise<unknown> = Promise.resolve();
  #refreshing: Promise<unknown> = Promise.resolve();
  #isRefreshing = false;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(parts: ConductorParts) {
    const { engine, clock, memory } = parts;
    const restored = memory.triggers();
    this.#parts = parts;
    this.alerts = new AlertBook(clock.nowMs, () => this.#tell(({ onAlerts }) => onAlerts?.()));
    this.#sources = new Sources(parts);
    this.#events = new EventQueue(parts.report);
    this.#board = new CandidateBoard({ ...parts, alerts: this.alerts, restored, onSamples: () => this.evaluate() });
    this.#owner = new ActiveSetOwner(engine, restored?.ownSets ?? []);
    this.#switcher = new Switcher(
      {
        engine,
        clock,
        alerts: this.alerts,
        ready: () => this.#alone.ready(() => this.#refreshing),
        isTaken: () => this.#alone.isTaken,
        decisions: () => this.#board.decisions,
        applyOptions: () => this.#applyOptions(),
        isOutdated: () => this.#owner.isOutdated(),
        onBegin: (layers) => this.#onBegin(layers),
        onResult: (result, isWhole) => this.#onResult(result, isWhole),
      },
      engine.active(),
    );
    this.#alone = new Alone({
      engine,
      switcher: this.#switcher,
      owner: this.#owner,
      applyOptions: () => this.#applyOptions(),
      keep: () => this.#keepTriggers(),
      afterwards: () => this.#refresh({ force: false }),
      onSwitch: () => this.#tell(({ onSwitch }) => onSwitch?.()),
    });
    this.#ends = new SignatureEnds(() => this.#switcher.active, clock.nowMs);
  }

  /** Makes the host what it should be, as it is after a reboot, and goes on doing so. Resolves after the first switch. */
  async start(): Promise<void> {
    const { active } = this.#switcher;
    const isFirst = this.#sources.isNew && this.#sources.followed === null;
    if (this.#owner.isForeign(active) || (isFirst && active.length > 0)) this.#sources.adopt(active);
    this.#owner.owns(active);
    this.#sources.expire(this.#parts.clock.nowMs());
    const isNothing = active.length === 0 && this.#sources.followed === null && this.#sources.candidates().length === 0;
    const { switched } = await this.#refresh({ force: !isNothing });
    await switched;
  }

  listen(listener: ConductorListener): void {
    this.#listeners.push(listener);
  }

  /** How a switch that could cut the host off is confirmed; asked anew for each. */
  confirmThrough(applyOptions: () => ApplyOptions): void {
    this.#applyOptions = applyOptions;
  }

  get desired(): Desired | null {
    return this.#sources.said.desired;
  }

  get desiredResult(): DesiredResult | null {
    return this.#progress.result;
  }

  get isSwitching(): boolean {
    return this.#switcher.isRunning || this.#alone.isTaken;
  }

  get decisions(): readonly Decision[] {
    return this.#board.decisions;
  }

  /** By instance. */
  get candidates(): ReadonlyMap<string, ReadyCandidate> {
    return this.#board.candidates;
  }

  /** Whether anything but a person decides here. */
  get hasTriggers(): boolean {
    return [...this.candidates.values()].some(({ triggers }) => triggers !== null);
  }

  /** Throws: what reading it throws. */
  hasTriggersOf(layer: Layer): Promise<boolean> {
    return this.#board.hasTriggers(layer);
  }

  /** Those that are no candidates yet, or are to be active as things are now. */
  wouldBeActive(layers: readonly Layer[]): readonly Layer[] {
    const idle = new Set(this.decisions.filter(({ active }) => !active).map(({ layer }) => layer.instance));
    return layers.filter(({ instance }) => !idle.has(instance));
  }

  get droppedEvents(): number {
    return this.#events.dropped;
  }

  candidateReports(): readonly CandidateReport[] {
    return this.#board.decisions.slice(0, limits.candidatesPerHost).map(candidateReportOf);
  }

  holds(): readonly Hold[] {
    return this.#sources.said.holds.map(({ hold }) => hold);
  }

  samples(): ReadonlyMap<string, Sample> {
    return this.#board.samples();
  }

  /** Since the agent's start, by how they ended. */
  switches(): ReadonlyMap<string, number> {
    return this.#switches;
  }

  /** The active set to go back to. Throws: `transaction_not_found`; `signature_expired` for what is applied nowhere anew. */
  setBefore(to: 'previous' | 'baseline'): readonly Layer[] {
    const layers = to === 'baseline' ? [] : this.#parts.engine.previous();
    if (layers === null)
      throw new GuiseError('transaction_not_found', 'Cannot roll back: no persona has been applied to this host yet');
    this.#ends.refuse(layers);
    return layers;
  }

  /** From the control plane, verified. */
  follow(desired: Desired): void {
    this.#sources.follow(desired);
    void this.#refresh({ force: true });
  }

  /** Exactly these are the candidates, until the control plane desires something else. */
  declare(layers: readonly Layer[]): Promise<Outcome> {
    return this.#keepWord(layers, () => this.#sources.declare(layers));
  }

  /** One more candidate. */
  declareAlso(layer: Layer): Promise<Outcome> {
    return this.#keepWord([layer], () => this.#sources.declareAlso(layer));
  }

  /** By a person on this host, in this order; all of them or none. */
  hold(holds: readonly KeptHold[]): Promise<Outcome> {
    return this.#keepWord(heldActive(holds, this.candidates), () =>
      this.#sources.hold(holds, this.#parts.clock.nowMs()),
    );
  }

  /** By order of the control plane: on disk when it returns, and the switch follows. Throws: `persona_not_found`, `signature_expired`. */
  holdByOrder(hold: Hold): Hold {
    requireCandidate(hold, this.candidates);
    const held = [{ hold, layer: null }];
    this.#ends.refuse(heldActive(held, this.candidates));
    this.#sources.hold(held, this.#parts.clock.nowMs());
    void this.#refresh({ force: false });
    return hold;
  }

  /** False when there is no such hold. */
  release(id: string): boolean {
    const isReleased = this.#sources.release(id);
    if (isReleased) void this.#refresh({ force: false });
    return isReleased;
  }

  /**
   * Until the control plane desires something else. `allow` throws when the host may not become these: it is asked when nothing can come
   * between its answer and the word. Throws: `transaction_not_found`.
   */
  rollback(to: 'previous' | 'baseline', allow: (layers: readonly Layer[]) => void = () => undefined): Promise<Outcome> {
    return this.#keepWord([], () => {
      const layers = this.setBefore(to);
      allow(layers);
      this.#sources.declare(layers);
    });
  }

  /** What people said here, for snapshots: to keep, and to say again. */
  get word(): Pick<Sources, 'kept' | 'goBack'> {
    return this.#sources;
  }

  /** See alone.ts. What was said meanwhile is looked at afterwards. */
  alone<Value>(work: (switchTo: SwitchTo) => Promise<Value>): Promise<Value> {
    const turn = this.#words.then(() => this.#alone.run(work));
    this.#words = turn.catch(() => undefined);
    return turn;
  }

  /** Looks at the host and makes it right again. */
  async enforce(): Promise<void> {
    await this.#switcher.request(true);
  }

  /** Something happened elsewhere. False when too much waits already. */
  event(event: CloudEvent): boolean {
    const isTaken = this.#events.add(event);
    if (isTaken) this.#schedule(0);
    return isTaken;
  }

  /** Looks at everything now; cheap when nothing changed. */
  evaluate(): void {
    if (this.#closed) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#noticeOthers();
    if (this.#sources.expire(nowMs)) void this.#refresh({ force: false });
    // Until candidates are what was said last, what triggers say of the old ones is nobody's wish.
    if (this.#isRefreshing) return;
    const isSwitched = this.#board.evaluate(this.#events.take());
    if (isSwitched) this.#decide();
    const isDue = (this.#switcher.nextDueMs() ?? Number.POSITIVE_INFINITY) <= this.#parts.clock.steadyMs();
    if (isSwitched || isDue) void this.#switcher.request(false);
    if (Math.abs(nowMs - this.#keptAtMs) >= limits.snapshotPeriodMs) this.#keepTriggers();
    this.#schedule(null);
  }

  /** Finishes a switch that is running; changes nothing on the host. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    this.#board.close();
    await this.#switcher.close();
    this.#keepTriggers();
  }

  /** One word after the other, each with its own switch. `layers`: what it wants to be active. */
  #keepWord(layers: readonly Layer[], say: () => void): Promise<Outcome> {
    const turn = this.#words.then(() => this.#sayAndSwitch(layers, say));
    this.#words = turn.catch(() => undefined);
    return turn;
  }

  async #sayAndSwitch(layers: readonly Layer[], say: () => void): Promise<Outcome> {
    this.#ends.refuse(layers);
    const before = this.#sources.said;
    let after = before;
    try {
      say();
      after = this.#sources.said;
      const { switched } = await this.#refresh({ force: true });
      const result = await switched;
      if (result.type === 'failed') throw result.error;
      if (result.type === 'idle') throw new GuiseError('host_busy', 'Cannot switch: the agent is ending');
      if (result.outcome.type === 'rolled_back' || result.outcome.type === 'stuck') await this.#takeBack(before, after);
      return result.outcome;
    } catch (error) {
      await this.#takeBack(before, after);
      throw error;
    }
  }

  async #takeBack(before: Said, after: Said): Promise<void> {
    if (before === after) return;
    this.#sources.takeBack(before, after);
    await this.#refresh({ force: false });
  }

  /**
   * Whenever something was said: candidates and decisions follow, and a switch, which is the answer's. Until then nothing is
   * switched on the grounds of the old ones. `force`: as `Switcher.request`, and what failed before may be tried again.
   */
  #refresh({ force }: { readonly force: boolean }): Promise<{ readonly switched: Promise<RequestResult> }> {
    this.#isRefreshing = true;
    const refreshed = this.#refreshing.then(() => this.#refreshNow(force));
    this.#refreshing = refreshed;
    return refreshed;
  }

  async #refreshNow(force: boolean): Promise<{ readonly switched: Promise<RequestResult> }> {
    for (let said: Said | null = null; said !== this.#sources.said; ) {
      said = this.#sources.said;
      await this.#board.learn(this.#sources.layers());
    }
    this.#board.set(this.#sources.candidates());
    this.#progress.follow(this.#sources.followed);
    this.#isRefreshing = false;
    this.#board.evaluate(this.#events.take());
    this.#decide();
    if (force) this.#switcher.forgive();
    const switched = this.#switcher.request(force);
    this.#schedule(null);
    return { switched };
  }

  #decide(): void {
    if (!this.#board.decide(this.holds(), this.#switcher.active)) return;
    this.#keepTriggers();
    this.#tell(({ onCandidates }) => onCandidates?.());
  }

  /** The command line changed the active set: what it made is what was declared. */
  #noticeOthers(): void {
    const active = this.isSwitching ? null : this.#owner.changedFrom(this.#switcher.active);
    if (active === null) return;
    this.#parts.report('somebody else changed which personas are active: that is what is declared here now');
    this.#sources.adopt(active);
    this.#owner.owns(active);
    this.#switcher.noticed(active);
    void this.#refresh({ force: false });
  }

  #onBegin(layers: readonly Layer[]): void {
    this.#progress.begin();
    this.#owner.owns(this.#switcher.active, layers);
    this.#keepTriggers();
  }

  #onResult(result: SwitchResult, isWhole: boolean): void {
    const ending = result.type === 'failed' ? 'failed' : result.outcome.type;
    this.#switches.set(ending, (this.#switches.get(ending) ?? 0) + 1);
    if (result.type === 'failed') this.#parts.report(`could not switch: ${result.error.message}`);
    this.#progress.end(result, isWhole, this.#ends.missing(this.candidates.values()));
    this.#tell(({ onSwitch }) => onSwitch?.());
    // Which set is ours is on disk already, as one of two; that it is the only one can wait until the switch was answered.
    this.#owner.owns(this.#switcher.active);
    this.#keptAtMs = Number.NEGATIVE_INFINITY;
    this.#schedule(0);
  }

  #keepTriggers(): void {
    this.#keptAtMs = this.#parts.clock.nowMs();
    try {
      this.#parts.memory.keepTriggers({ ...this.#board.memory(), ownSets: this.#owner.keys });
    } catch (error) {
      if (!(error instanceof GuiseError)) throw error;
      this.#parts.report(error.message);
    }
  }

  /** At the next instant at which something may change by itself, or in so many ms. */
  #schedule(inMs: number | null): void {
    if (this.#closed) return;
    const { clock } = this.#parts;
    const nowMs = clock.nowMs();
    const waitMs = Math.min(
      (this.#board.nextDueMs() ?? Number.POSITIVE_INFINITY) - nowMs,
      nextEndMs(this.#sources.said.holds) - nowMs,
      (this.#switcher.nextDueMs() ?? Number.POSITIVE_INFINITY) - clock.steadyMs(),
      limits.evaluationPeriodMs,
    );
    this.#cancelTimer();
    this.#cancelTimer = clock.after(inMs ?? Math.max(shortestWaitMs, waitMs), () => this.evaluate());
  }

  #tell(say: (listener: ConductorListener) => void): void {
    for (const listener of this.#listeners) say(listener);
  }
}
