/** The answer; or, after so many ms without one, the rejection that `late` makes. What comes later counts for nothing, also a failure. */
export async function inTime<Value>(answer: Promise<Value>, ms: number, late: () => Error): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), Math.max(0, ms));
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
