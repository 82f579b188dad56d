/** Versions as a persona may ask for them: exact, or with `*` at the end; without the epoch that Debian puts before some. */

export function matchesVersion(version: string, wanted: string): boolean {
  const pattern = new RegExp(
    `^${wanted
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  return pattern.test(version) || pattern.test(version.replace(/^\d+:/, ''));
}
