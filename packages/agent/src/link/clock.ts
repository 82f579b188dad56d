/** What the agent needs of time and chance, passed in so that a simulator can drive both. */
export interface LinkClock {
  /** The time of day, in ms since 1970; it may jump either way. */
  readonly nowMs: () => number;
  /** In ms since some instant; it never jumps. */
  readonly steadyMs: () => number;
  /** Calls back once after so many ms; the answer cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

export const systemClock: LinkClock = {
  nowMs: Date.now,
  steadyMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
