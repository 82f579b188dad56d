/** Says on stderr what takes seconds; the function it returns says how long it took. Stdout stays the task's own. */
export function report(what) {
  const startedMs = Date.now();
  process.stderr.write(`guise: ${what}…\n`);
  return () => process.stderr.write(`guise: ${what}: done in ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
}
