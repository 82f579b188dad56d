/**
 * Bundles the programs of guise anew when their source has changed since the last time.
 *
 * Never in the way: without the right to write in the clone, or when bundling fails, guise runs from source, only slower.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeBinary, repositoryRoot } from './prepare-packages.mjs';
import { currentManifest } from './programs.mjs';

export function preparePrograms() {
  if (currentManifest() !== null) return;
  const build = spawnSync(nodeBinary, [join(repositoryRoot, 'bin', 'build-programs.mjs')], { encoding: 'utf8' });
  if (build.status === 0 || /\b(EROFS|EACCES)\b/.test(build.stderr ?? '')) return;
  const why = build.error?.message ?? build.stderr.trim().split('\n').at(-1);
  process.stderr.write(`guise: could not bundle the programs, so they run from source: ${why}\n`);
}
