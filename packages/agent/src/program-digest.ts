/**
 * Names the code that runs, so that what one version kept is never taken for another's: bin/build-programs.mjs puts the bundle's digest
 * here. Null from source, which may change while it runs.
 */
export const programDigest: string | null = null;
