/** Runs work again and again, one at a time; a failure is reported and the next round tries anew. */
export interface Periodic {
  /** Ends after the round that is running, if one is. */
  stop(): Promise<void>;
}

export function periodically(
  everyMs: number,
  work: () => Promise<void>,
  onFailure: (error: unknown) => void,
): Periodic {
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    running = work()
      .catch(onFailure)
      .finally(() => {
        isRunning = false;
      });
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}
