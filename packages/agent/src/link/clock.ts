/** What the link needs of time and chance, passed in so that a simulator can drive both. */
export interface LinkClock {
  /** Calls back once after so many ms; the answer cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

export const systemClock: LinkClock = {
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
