/** Debian packages. A target may be a glob until the host has been asked which version that is. */
import type { PackageState } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import { segmentGlob } from './glob.ts';
import type { KindRules } from './kind-rules.ts';

const absent: PackageState = { version: null };

export const packageRules: KindRules = {
  kind: 'package',
  absent,
  // A claim of null is a claim too: that the package must not be there.
  complete: (claimed, baseline) =>
    'version' in claimed ? { version: claimed['version'] ?? null } : overlay(absent, claimed, baseline),
  carried: [],
  same: (_field, { version: live }, { version: target }) =>
    typeof live === 'string' && typeof target === 'string' && satisfies(live, target),
  // What a purge takes away came with the install; an older version may be gone from the archive by the time of an undo.
  reversibility: (before) => (before['version'] === null ? 'exact' : 'compensating'),
  rank: () => ranks.package,
  cutsOff: ({ address, after }) => after['version'] === null && nameOf(address) === 'openssh-server',
};

/** An author writes `7.88.*` and not the epoch that Debian put before it. */
function satisfies(version: string, glob: string): boolean {
  const pattern = segmentGlob(glob);
  return pattern.test(version) || pattern.test(version.replace(/^\d+:/, ''));
}
