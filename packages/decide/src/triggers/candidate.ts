/**
 * One instance with triggers: whether it wishes to be active, since when and why, and what keeps it from changing its mind.
 *
 * Coming: the activation triggers hold, `cooldown` is over, and the hour has room for this switch and the one back.
 * Going: without deactivation triggers, once the activation triggers do not hold; with them, once those hold and the activation
 * triggers do not. Either waits for `min_active`. What is unknown changes nothing.
 * So no state of the inputs asks for both, and a persona whose inputs rest switches at most once.
 * Source: the core loop in ../shared/source-documents/instances-10846115.txt; docs/adr/0012-triggers-are-levels.md.
 */
import type { Json } from '@guise/model';
import { type CompiledTriggers, leavesOf, type TriggerLeaf } from './compiled.ts';
import { type EventState, initialState, type LeafState } from './leaf-state.ts';
import { durationText, instantText, type Reason, reasonOf, truthOfNode, type View } from './reason.ts';

export interface TriggerWish {
  readonly active: boolean;
  /** Why it last came or went. */
  readonly reason: string;
  /** The values that made it, as of that instant. */
  readonly inputs: { readonly [name: string]: Json };
  readonly sinceMs: number;
  /** Why it is not otherwise although its triggers ask for it; null when they do not. */
  readonly waits: string | null;
}

const hourMs = 3_600_000;

export class Candidate {
  readonly instance: string;
  readonly triggers: CompiledTriggers;
  readonly states: ReadonlyMap<string, LeafState>;
  wish: TriggerWish;
  /** When it last went. */
  leftMs: number;
  /** Comings and goings of the last hour, oldest first. */
  switchesMs: number[];
  /** When time alone may let it switch. */
  dueMs = Number.POSITIVE_INFINITY;

  constructor(instance: string, triggers: CompiledTriggers, wish: TriggerWish) {
    this.instance = instance;
    this.triggers = triggers;
    this.states = new Map(leavesOfTriggers(triggers).map((leaf) => [leaf.path, initialState(leaf)]));
    this.wish = wish;
    this.leftMs = Number.NEGATIVE_INFINITY;
    this.switchesMs = [];
  }

  /** Whether its wish changed. */
  decide(view: View): boolean {
    this.dueMs = this.#nextHoldEnd(view.atMs);
    const reason = this.wish.active ? this.#whyGo(view) : this.#whyCome(view);
    if (reason === null) {
      this.#waitFor(null);
      return false;
    }
    const free = this.wish.active ? this.#freeToGo() : this.#freeToCome();
    if (free.atMs > view.atMs) {
      this.dueMs = Math.min(this.dueMs, free.atMs);
      this.#waitFor(`${free.what} until ${instantText(free.atMs)}`);
      return false;
    }
    this.#switch(view.atMs, reason);
    return true;
  }

  /** An event without an end asks for one switch; one that asks for what is already so is nothing. */
  take(state: EventState): void {
    if (state.holdUntilMs !== Number.POSITIVE_INFINITY) return;
    const asksToCome = state.leaf.path.startsWith('activation_triggers');
    if (asksToCome === this.wish.active) state.holdUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** The clock was set to what was the past: nothing may lie in the future, and no wait is longer than it was written. */
  setBack(atMs: number): void {
    if (this.wish.sinceMs > atMs) this.wish = { ...this.wish, sinceMs: atMs };
    this.leftMs = Math.min(this.leftMs, atMs);
    this.switchesMs = this.switchesMs.map((switchMs) => Math.min(switchMs, atMs));
    for (const state of this.states.values()) {
      if (state.type !== 'event') continue;
      state.acceptedMs = Math.min(state.acceptedMs, atMs);
      state.timesMs = state.timesMs.map((timeMs) => Math.min(timeMs, atMs));
      const longestMs = state.leaf.forMs ?? state.leaf.accumulate?.withinMs ?? Number.POSITIVE_INFINITY;
      state.holdUntilMs = Math.min(state.holdUntilMs, atMs + longestMs);
    }
  }

  /** All that is remembered moves along, so that what is left of every wait stays the same. */
  stepClock(byMs: number): void {
    this.wish = { ...this.wish, sinceMs: this.wish.sinceMs + byMs };
    this.leftMs += byMs;
    this.switchesMs = this.switchesMs.map((switchMs) => switchMs + byMs);
    for (const state of this.states.values()) {
      if (state.type === 'threshold' && state.sinceMs !== null) state.sinceMs += byMs;
      if (state.type !== 'event') continue;
      state.acceptedMs += byMs;
      state.timesMs = state.timesMs.map((timeMs) => timeMs + byMs);
      state.holdUntilMs += byMs;
    }
  }

  #whyCome(view: View): Reason | null {
    const { activation } = this.triggers;
    return truthOfNode(activation, view) === true ? reasonOf(activation, view) : null;
  }

  #whyGo(view: View): Reason | null {
    const { activation, deactivation } = this.triggers;
    const holds = truthOfNode(activation, view);
    if (deactivation === null) return holds === false ? reasonOf(activation, view) : null;
    return holds !== true && truthOfNode(deactivation, view) === true ? reasonOf(deactivation, view) : null;
  }

  #freeToGo() {
    const { minActiveMs } = this.triggers;
    return { atMs: this.wish.sinceMs + minActiveMs, what: `stays for its min_active of ${durationText(minActiveMs)}` };
  }

  #freeToCome() {
    const { cooldownMs, maxSwitchesPerHour } = this.triggers;
    // Room for going again, so that going never has to wait.
    const oldest = this.switchesMs.at(-(maxSwitchesPerHour - 1));
    const roomMs = oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + hourMs;
    const cooledMs = this.leftMs + cooldownMs;
    return roomMs > cooledMs
      ? { atMs: roomMs, what: `stays away for its max_switches_per_hour of ${maxSwitchesPerHour}` }
      : { atMs: cooledMs, what: `stays away for its cooldown of ${durationText(cooldownMs)}` };
  }

  #switch(atMs: number, { text, inputs }: Reason): void {
    const active = !this.wish.active;
    if (!active) this.leftMs = atMs;
    this.switchesMs = [...this.switchesMs.filter((switchMs) => atMs - switchMs < hourMs), atMs];
    this.wish = { active, reason: text, inputs, sinceMs: atMs, waits: null };
    for (const state of this.states.values()) {
      if (state.type === 'event' && state.holdUntilMs === Number.POSITIVE_INFINITY)
        state.holdUntilMs = Number.NEGATIVE_INFINITY;
    }
    // What the switch changed, such as the end of what asked for it, is looked at next.
    this.dueMs = atMs;
  }

  #waitFor(waits: string | null): void {
    if (this.wish.waits !== waits) this.wish = { ...this.wish, waits };
  }

  #nextHoldEnd(atMs: number): number {
    let endMs = Number.POSITIVE_INFINITY;
    for (const state of this.states.values()) {
      if (state.type === 'event' && state.holdUntilMs > atMs) endMs = Math.min(endMs, state.holdUntilMs);
    }
    return endMs;
  }
}

function leavesOfTriggers({ activation, deactivation }: CompiledTriggers): readonly TriggerLeaf[] {
  return [...leavesOf(activation), ...(deactivation === null ? [] : leavesOf(deactivation))];
}
