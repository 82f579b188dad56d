import { once } from 'node:events';

/** Resolves at the signal; keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const alive = setInterval(() => {}, 2 ** 30);
  await once(signal, 'abort');
  clearInterval(alive);
}

/** The work's value, or undefined as soon as the signal comes; the work is then no longer waited for. */
export async function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value | undefined> {
  // A failure after the signal is nobody's any more.
  work.catch(() => {});
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return await Promise.race([work, promise]);
}
