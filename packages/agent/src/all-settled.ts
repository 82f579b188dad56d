/** Waits until each has ended, so that nothing still changes the host when the first failure is thrown. */
export async function allSettled(steps: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find((step) => step.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
