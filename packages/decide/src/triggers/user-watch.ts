/** All conditions on who is logged in. Only names whose presence changed are looked at; unknown is unknown to all. */
import type { UserState } from './leaf-state.ts';

/** User → the groups of that user; null: not known. */
export type LoggedIn = ReadonlyMap<string, readonly string[]> | null;

export class UserWatch {
  /** `user:alice`, `group:admin`. */
  readonly #byName = new Map<string, UserState[]>();
  #seen: LoggedIn | undefined;
  #names: ReadonlySet<string> | null = null;

  constructor(states: readonly UserState[]) {
    for (const state of states) {
      const name = `${state.leaf.by}:${state.leaf.name}`;
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), state]);
    }
  }

  update(users: LoggedIn, onChange: (state: UserState) => void): void {
    if (users === this.#seen || this.#byName.size === 0) return;
    const names = users === null ? null : namesOf(users);
    const before = this.#names;
    const isWhole = this.#seen === undefined || names === null || before === null;
    const changed = isWhole
      ? this.#byName.keys()
      : [...names, ...before].filter((name) => names.has(name) !== before.has(name));
    [this.#seen, this.#names] = [users, names];
    for (const name of changed) {
      for (const state of this.#byName.get(name) ?? []) {
        const truth = names === null ? null : names.has(name);
        if (state.truth === truth) continue;
        state.truth = truth;
        onChange(state);
      }
    }
  }
}

function namesOf(users: NonNullable<LoggedIn>): ReadonlySet<string> {
  return new Set([...users].flatMap(([user, groups]) => [`user:${user}`, ...groups.map((group) => `group:${group}`)]));
}
